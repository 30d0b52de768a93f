//! Second factors and delays as an administrator sees them.

use std::sync::Arc;

use gatelodge_domain::factor::Precedence;
use gatelodge_domain::{DisplayName, Factor, FactorKind, Revision, Setting, User};
use gatelodge_ports::store::PageRequest;
use gatelodge_usecases::admin::{Caller, UsersRead, UsersWrite};
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::sign_in::{PasswordAttempt, PasswordCheck, SignInError, ThrottlesOf};
use gatelodge_usecases::{ErrorCode, Foundation};

use super::plane::{Plane, code, nobody};
use crate::desk::NoDelay;
use crate::house::{NOW, facts};

async fn factor(plane: &Plane, user: &User) -> Factor {
    factor_of(&plane.house.foundation, user).await
}

/// Gives somebody an authenticator that shows no codes.
pub(crate) async fn factor_of(foundation: &Foundation, user: &User) -> Factor {
    let factor = Factor {
        id: foundation.rng.id(NOW),
        realm: user.realm,
        user: user.id,
        kind: FactorKind::Totp,
        name: DisplayName::parse("Phone").unwrap(),
        precedence: Precedence::Primary,
        secret: Vec::new(),
        last_step: 0,
        created_at: NOW,
        last_used_at: None,
        revision: Revision::FIRST,
    };
    let mut unit = foundation.store.write().await.unwrap();
    unit.factors().insert(&factor).await.unwrap();
    unit.commit().await.unwrap();
    factor
}

#[tokio::test]
async fn an_administrator_lists_removes_and_resets_second_factors() {
    let plane = Plane::new().await;
    let ada = plane.user("default", "ada").await;
    let (first, _) = (factor(&plane, &ada).await, factor(&plane, &ada).await);
    let read = plane
        .permit::<UsersRead>(&Caller::Operator, "default")
        .await
        .unwrap();
    let write = plane
        .permit::<UsersWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let factors = &plane.api.factors;
    assert_eq!(factors.list(&read, ada.id).await.unwrap().factors.len(), 2);
    factors.remove(&write, ada.id, first.id).await.unwrap();
    let again = factors.remove(&write, ada.id, first.id).await;
    assert_eq!(code(again), ErrorCode::NotFound);
    factors.reset(&write, ada.id).await.unwrap();
    assert!(
        factors
            .list(&read, ada.id)
            .await
            .unwrap()
            .factors
            .is_empty()
    );
    assert_eq!(
        code(factors.reset(&write, nobody()).await),
        ErrorCode::NotFound
    );
    let story = plane.house.story().await;
    for action in ["factor.removed", "factor.reset"] {
        let told = story.iter().filter(|(told, _)| told == action);
        assert_eq!(told.count(), 1, "{story:?}");
    }
}

#[tokio::test]
async fn nobody_takes_the_second_factor_of_somebody_who_may_do_more() {
    let plane = Plane::new().await;
    plane.role("helper", &["users:read", "users:write"]).await;
    let root = plane.administrator("root", "administrator").await;
    let helper = plane.administrator("helper", "helper").await;
    let theirs = factor(&plane, &root).await;
    let caller = plane.caller(&helper, "admin").await;
    let permit = plane.permit::<UsersWrite>(&caller, "system").await.unwrap();
    let factors = &plane.api.factors;
    let refused = [
        factors.reset(&permit, root.id).await,
        factors.remove(&permit, root.id, theirs.id).await,
    ];
    for refused in refused {
        assert_eq!(code(refused), ErrorCode::InsufficientScope);
    }
    // Of somebody who may do no more than they, they may.
    let peer = plane.administrator("peer", "helper").await;
    factor(&plane, &peer).await;
    factors.reset(&permit, peer.id).await.unwrap();
}

#[tokio::test]
async fn delays_are_seen_and_lifted_one_by_one_and_by_person() {
    let plane = Plane::new().await;
    let ada = plane.user("default", "ada").await;
    let check = PasswordCheck::new(plane.house.foundation.clone(), Arc::new(NoDelay));
    let mut realm = ServedRealm::clone(&plane.house.realm);
    for (setting, value) in [
        (Setting::SignInAttemptsPerMinute, 0),
        (Setting::SignInDelayAfter, 1),
    ] {
        realm.realm.settings.set(setting, value).unwrap();
    }
    let guess = async |username| {
        let attempt = PasswordAttempt {
            username,
            password: "guess",
            client: None,
            familiar: None,
        };
        check.check(&realm, &attempt, &facts()).await
    };
    for name in ["ada", "ada", "nobody-here"] {
        let result = guess(name).await;
        assert!(matches!(result, Err(SignInError::WrongCredentials)));
    }
    let held = guess("ada").await;
    assert!(matches!(held, Err(SignInError::TooMany { .. })));
    let read = plane
        .permit::<UsersRead>(&Caller::Operator, "default")
        .await
        .unwrap();
    let write = plane
        .permit::<UsersWrite>(&Caller::Operator, "default")
        .await
        .unwrap();
    let throttles = &plane.api.throttles;
    let list = async |of: ThrottlesOf| {
        let page = PageRequest::first(10);
        throttles.list(&read, &of, page).await.unwrap().items
    };
    assert_eq!(list(ThrottlesOf::default()).await.len(), 3);
    let here = ThrottlesOf {
        address: facts().address,
        ..ThrottlesOf::default()
    };
    let [address] = list(here).await.try_into().unwrap();
    assert_eq!(address.address, facts().address);
    assert_eq!(address.throttle.failures, 3);
    assert_eq!(address.throttle.user, None, "an address is nobody's");
    let theirs = throttles.of_user(&read, ada.id).await.unwrap();
    assert_eq!(theirs.len(), 1);
    assert_eq!(theirs[0].throttle.failures, 2);

    throttles.lift_of(&write, ada.id).await.unwrap();
    assert!(throttles.of_user(&read, ada.id).await.unwrap().is_empty());
    throttles.lift(&write, address.throttle.id).await.unwrap();
    let again = throttles.lift(&write, address.throttle.id).await;
    assert_eq!(code(again), ErrorCode::NotFound);
    let result = guess("ada").await;
    assert!(matches!(result, Err(SignInError::WrongCredentials)));
    let story = plane.house.story().await;
    let lifted = story.iter().filter(|(told, _)| told == "throttle.lifted");
    assert_eq!(lifted.count(), 2, "{story:?}");
}
