//! People's passwords, and the keys of their personal data.

use std::sync::Arc;

use gatelodge_domain::{PasswordCredential, Revision};
use gatelodge_ports::store::Duplicate;
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::samples::{self, at};

/// A password comes back as it was put, a new one takes its place, and other realms see none.
pub async fn a_password_is_put_and_replaced(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let first = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&first).await.unwrap());
    let found = seen!(store, |view| view
        .passwords()
        .find(realm, user)
        .await
        .unwrap());
    assert_eq!(found.as_ref(), Some(&first));
    let foreign = seen!(store, |view| view
        .passwords()
        .find(other.realm(), user)
        .await
        .unwrap());
    assert_eq!(foreign, None);

    let second = PasswordCredential {
        changed_at: at(5),
        ..samples::password(realm, user)
    };
    committed!(store, |unit| unit.passwords().put(&second).await.unwrap());
    let found = seen!(store, |view| view
        .passwords()
        .find(realm, user)
        .await
        .unwrap())
    .unwrap();
    assert_eq!(
        (found.hash, found.changed_at),
        (second.hash, second.changed_at)
    );
}

/// A rehash changes the hash and nothing else, and counts the revision up.
pub async fn a_rehash_changes_the_hash_only(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let first = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&first).await.unwrap());
    let rehashed = PasswordCredential {
        changed_at: at(9),
        ..samples::password(realm, user)
    };
    committed!(store, |unit| unit
        .passwords()
        .rehash(&rehashed)
        .await
        .unwrap());
    let found = seen!(store, |view| view
        .passwords()
        .find(realm, user)
        .await
        .unwrap());
    let expected = PasswordCredential {
        hash: rehashed.hash.clone(),
        revision: Revision(2),
        ..first
    };
    assert_eq!(found, Some(expected));
    let mut unit = store.write().await.unwrap();
    assert_is!(
        unit.passwords().rehash(&rehashed).await,
        Err(StoreError::Stale)
    );
}

/// A rehash of the old password that comes after a change is stale, whatever revision the
/// changed one was given: otherwise signing in would bring the old password back.
pub async fn a_rehash_never_undoes_a_change(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let old = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&old).await.unwrap());
    let seen_at_sign_in = seen!(store, |view| view
        .passwords()
        .find(realm, user)
        .await
        .unwrap());
    let changed = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&changed).await.unwrap());
    let mut unit = store.write().await.unwrap();
    let answer = unit.passwords().rehash(&seen_at_sign_in.unwrap()).await;
    assert_is!(answer, Err(StoreError::Stale));
    drop(unit);
    let found = seen!(store, |view| view
        .passwords()
        .find(realm, user)
        .await
        .unwrap());
    assert_eq!(found.unwrap().hash, changed.hash);
}

/// Earlier passwords are remembered youngest first, in their realm only, and no more of them
/// than are to be kept.
pub async fn earlier_passwords_are_remembered_and_forgotten(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let mut hashes = Vec::new();
    for _ in 0..4 {
        committed!(store, |unit| {
            let next = samples::password(realm, user);
            if let Some(before) = unit.passwords().find(realm, user).await.unwrap() {
                // Remembering one again changes nothing.
                unit.passwords().remember(&before, 2).await.unwrap();
                unit.passwords().remember(&before, 2).await.unwrap();
            }
            unit.passwords().put(&next).await.unwrap();
            hashes.push(next.hash);
        });
    }
    let (all, one, foreign) = seen!(store, |view| (
        view.passwords().history(realm, user, 9).await.unwrap(),
        view.passwords().history(realm, user, 1).await.unwrap(),
        view.passwords()
            .history(other.realm(), user, 9)
            .await
            .unwrap(),
    ));
    assert_eq!(all, [hashes[2].clone(), hashes[1].clone()]);
    assert_eq!(one, [hashes[2].clone()]);
    assert_eq!(foreign, []);
    committed!(store, |unit| {
        let stored = unit.passwords().find(realm, user).await.unwrap().unwrap();
        unit.passwords().remember(&stored, 0).await.unwrap();
    });
    let none = seen!(store, |view| view
        .passwords()
        .history(realm, user, 9)
        .await
        .unwrap());
    assert_eq!(none, []);
}

/// A password that is removed is gone with what is remembered before it, and nobody else's is.
pub async fn a_password_is_removed_with_its_history(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let neighbour = house.another_user(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    committed!(store, |unit| {
        for user in [user, neighbour.id] {
            let password = samples::password(realm, user);
            unit.passwords().put(&password).await.unwrap();
            unit.passwords().remember(&password, 5).await.unwrap();
        }
    });
    for expected in [true, false] {
        let removed = committed!(store, |unit| unit
            .passwords()
            .remove(realm, user)
            .await
            .unwrap());
        assert_eq!(removed, expected);
    }
    let mut view = store.read().await.unwrap();
    for (user, expected) in [(user, 0), (neighbour.id, 1)] {
        let found = view.passwords().find(realm, user).await.unwrap();
        assert_eq!(usize::from(found.is_some()), expected);
        let history = view.passwords().history(realm, user, 9).await.unwrap();
        assert_eq!(history.len(), expected);
    }
    drop(view);
    // The history dies with its person.
    committed!(store, |unit| unit
        .users()
        .remove(realm, neighbour.id)
        .await
        .unwrap());
    let mut view = store.read().await.unwrap();
    let history = view.passwords().history(realm, neighbour.id, 9).await;
    assert_eq!(history.unwrap(), []);
}

/// A person's key is there until it is destroyed, and only in their realm.
pub async fn a_subject_key_is_destroyed_for_good(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user, sealed) = (house.realm(), house.user.id, [0, 255, 39, 92]);
    committed!(store, |unit| unit
        .subject_keys()
        .insert(realm, user, &sealed)
        .await
        .unwrap());
    let (found, foreign) = seen!(store, |view| (
        view.subject_keys().find(realm, user).await.unwrap(),
        view.subject_keys().find(other.realm(), user).await.unwrap(),
    ));
    assert_eq!((found.as_deref(), foreign), (Some(sealed.as_slice()), None));
    let mut unit = store.write().await.unwrap();
    let answer = unit.subject_keys().insert(realm, user, &sealed).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Key)));
    drop(unit);
    let foreign = committed!(store, |unit| unit
        .subject_keys()
        .destroy(other.realm(), user)
        .await
        .unwrap());
    let first = committed!(store, |unit| unit
        .subject_keys()
        .destroy(realm, user)
        .await
        .unwrap());
    let second = committed!(store, |unit| unit
        .subject_keys()
        .destroy(realm, user)
        .await
        .unwrap());
    assert_eq!((foreign, first, second), (false, true, false));
    let found = seen!(store, |view| view
        .subject_keys()
        .find(realm, user)
        .await
        .unwrap());
    assert_eq!(found, None);
}
