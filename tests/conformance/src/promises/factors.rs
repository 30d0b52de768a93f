//! Second factors and recovery codes: what is good once is used by exactly one of many.

use std::sync::Arc;

use gatelodge_domain::factor::Precedence;
use gatelodge_domain::factor::recovery_codes::StoredRecoveryCode;
use gatelodge_domain::{DisplayName, Factor};
use gatelodge_ports::store::{Duplicate, Spent};
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::race::{MANY, race};
use crate::samples::{self, NOW, at};

async fn insert(store: &Arc<dyn Store>, factor: &Factor) {
    committed!(store, |unit| unit.factors().insert(factor).await.unwrap());
}

async fn list(store: &Arc<dyn Store>, house: &House) -> Vec<Factor> {
    let (realm, user) = (house.realm(), house.user.id);
    seen!(store, |view| view
        .factors()
        .list_of(realm, user)
        .await
        .unwrap())
}

async fn codes(store: &Arc<dyn Store>, house: &House) -> Vec<StoredRecoveryCode> {
    let (realm, user) = (house.realm(), house.user.id);
    seen!(store, |view| view
        .factors()
        .recovery_codes_of(realm, user)
        .await
        .unwrap())
}

/// A factor comes back whole, by id and in its person's list; another realm or person has none
/// of that id, and a taken id is a duplicate.
pub async fn factors_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let first = samples::factor(realm, user);
    let second = Factor {
        precedence: Precedence::Primary,
        last_used_at: None,
        last_step: 0,
        ..samples::factor(realm, user)
    };
    for factor in [&first, &second] {
        insert(&store, factor).await;
    }
    let mut both = vec![first.clone(), second];
    both.sort_by_key(|factor| factor.id);
    assert_eq!(list(&store, &house).await, both);
    assert_eq!(list(&store, &other).await, []);
    let neighbour = house.another_user(&store).await;
    for (realm, user, expected) in [
        (realm, user, Some(&first)),
        (other.realm(), user, None),
        (realm, neighbour.id, None),
    ] {
        let found = seen!(store, |view| view
            .factors()
            .find(realm, user, first.id)
            .await
            .unwrap());
        assert_eq!(found.as_ref(), expected);
    }
    let mut unit = store.write().await.unwrap();
    assert_is!(
        unit.factors().insert(&first).await,
        Err(StoreError::Duplicate(Duplicate::Key))
    );
}

/// A new name takes the place of the old one where nobody was quicker, and nothing else
/// changes.
pub async fn a_factor_is_renamed_as_it_was_read(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let factor = samples::factor(house.realm(), house.user.id);
    insert(&store, &factor).await;
    let renamed = Factor {
        name: DisplayName::parse("Tablet").expect("a name"),
        secret: vec![9],
        last_step: 0,
        ..factor.clone()
    };
    let expected = Factor {
        name: renamed.name.clone(),
        revision: factor.revision.next(),
        ..factor
    };
    let answered = committed!(store, |unit| unit.factors().rename(&renamed).await.unwrap());
    assert_eq!(answered, expected);
    assert_eq!(list(&store, &house).await, [expected]);
    let mut unit = store.write().await.unwrap();
    assert_is!(
        unit.factors().rename(&renamed).await,
        Err(StoreError::Stale)
    );
}

/// Of a person's factors the one that was named is primary and all others are not; other
/// people's stay as they are.
pub async fn one_factor_of_a_person_is_primary(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let neighbour = house.another_user(&store).await;
    let primary = |factor: Factor| Factor {
        precedence: Precedence::Primary,
        ..factor
    };
    let first = primary(samples::factor(realm, user));
    let second = samples::factor(realm, user);
    let theirs = primary(samples::factor(realm, neighbour.id));
    for factor in [&first, &second, &theirs] {
        insert(&store, factor).await;
    }
    committed!(store, |unit| unit
        .factors()
        .make_primary(realm, user, second.id)
        .await
        .unwrap());
    for factor in list(&store, &house).await {
        assert_eq!(factor.is_primary(), factor.id == second.id);
    }
    let found = seen!(store, |view| view
        .factors()
        .find(realm, neighbour.id, theirs.id)
        .await
        .unwrap());
    assert_eq!(found, Some(theirs));
}

/// A step that was used, and every one before it, is used up.
pub async fn a_time_step_is_used_once(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let realm = house.realm();
    let factor = Factor {
        last_step: 10,
        ..samples::factor(realm, house.user.id)
    };
    insert(&store, &factor).await;
    for (realm, step, expected) in [
        (realm, 10, Spent::Not),
        (other.realm(), 12, Spent::Not),
        (realm, 12, Spent::Now),
        (realm, 12, Spent::Not),
        (realm, 11, Spent::Not),
        (realm, 13, Spent::Now),
    ] {
        let spent = committed!(store, |unit| unit
            .factors()
            .use_step(realm, factor.id, step, at(5))
            .await
            .unwrap());
        assert_eq!(spent, expected, "{step}");
    }
    let expected = Factor {
        last_step: 13,
        last_used_at: Some(at(5)),
        ..factor
    };
    assert_eq!(list(&store, &house).await, [expected]);
}

/// Of many who use one step at once, one does.
pub async fn one_of_many_uses_a_time_step(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let factor = samples::factor(house.realm(), house.user.id);
    insert(&store, &factor).await;
    let (realm, id, step) = (house.realm(), factor.id, factor.last_step + 1);
    let spent = race(&store, MANY, move |unit, _| {
        Box::pin(async move { unit.factors().use_step(realm, id, step, NOW).await })
    });
    let winners = spent.await.into_iter().filter(|one| *one == Spent::Now);
    assert_eq!(winners.count(), 1);
}

/// Nobody removes another person's factor.
pub async fn a_factor_is_removed_by_its_owner(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let neighbour = house.another_user(&store).await;
    let factor = samples::factor(realm, user);
    insert(&store, &factor).await;
    for (realm, user, expected) in [
        (realm, neighbour.id, false),
        (other.realm(), user, false),
        (realm, user, true),
        (realm, user, false),
    ] {
        let removed = committed!(store, |unit| unit
            .factors()
            .remove(realm, user, factor.id)
            .await
            .unwrap());
        assert_eq!(removed, expected);
    }
    assert_eq!(list(&store, &house).await, []);
}

/// A recovery code is used once, by its owner; new ones take the place of all.
pub async fn recovery_codes_are_used_once_and_replaced(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let mut written: Vec<_> = (0..3)
        .map(|_| samples::recovery_code(realm, user))
        .collect();
    written.sort_by_key(|code| code.digest);
    committed!(store, |unit| unit
        .factors()
        .replace_recovery_codes(realm, user, &written)
        .await
        .unwrap());
    assert_eq!(codes(&store, &house).await, written);
    let digest = written[1].digest;
    let neighbour = house.another_user(&store).await;
    for (realm, user, digest, expected) in [
        (realm, user, samples::digest(), Spent::Not),
        (realm, neighbour.id, digest, Spent::Not),
        (other.realm(), user, digest, Spent::Not),
        (realm, user, digest, Spent::Now),
        (realm, user, digest, Spent::Not),
    ] {
        let spent = committed!(store, |unit| unit
            .factors()
            .use_recovery_code(realm, user, &digest, at(7))
            .await
            .unwrap());
        assert_eq!(spent, expected);
    }
    written[1].used_at = Some(at(7));
    assert_eq!(codes(&store, &house).await, written);
    let fresh = vec![samples::recovery_code(realm, user)];
    committed!(store, |unit| unit
        .factors()
        .replace_recovery_codes(realm, user, &fresh)
        .await
        .unwrap());
    assert_eq!(codes(&store, &house).await, fresh);
}

/// Of many who use one code at once, one does.
pub async fn one_of_many_uses_a_recovery_code(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let code = samples::recovery_code(realm, user);
    let digest = code.digest;
    committed!(store, |unit| unit
        .factors()
        .replace_recovery_codes(realm, user, &[code])
        .await
        .unwrap());
    let spent = race(&store, MANY, move |unit, _| {
        Box::pin(async move {
            let factors = unit.factors();
            factors.use_recovery_code(realm, user, &digest, NOW).await
        })
    });
    let winners = spent.await.into_iter().filter(|one| *one == Spent::Now);
    assert_eq!(winners.count(), 1);
}

/// A reset takes factors and codes, and so does the person's end; nobody else's.
pub async fn factors_die_with_their_person(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let (reset, removed) = (house.user.id, house.another_user(&store).await.id);
    let neighbour = house.another_user(&store).await.id;
    for user in [reset, removed, neighbour] {
        insert(&store, &samples::factor(realm, user)).await;
        let codes = [samples::recovery_code(realm, user)];
        committed!(store, |unit| unit
            .factors()
            .replace_recovery_codes(realm, user, &codes)
            .await
            .unwrap());
    }
    let gone = committed!(store, |unit| unit
        .factors()
        .remove_all_of(realm, reset)
        .await
        .unwrap());
    assert_eq!(gone, 1);
    committed!(store, |unit| assert!(
        unit.users().remove(realm, removed).await.unwrap()
    ));
    for (user, expected) in [(reset, 0), (removed, 0), (neighbour, 1)] {
        let (factors, codes) = seen!(store, |view| (
            view.factors().list_of(realm, user).await.unwrap(),
            view.factors().recovery_codes_of(realm, user).await.unwrap(),
        ));
        assert_eq!((factors.len(), codes.len()), (expected, expected));
    }
}
