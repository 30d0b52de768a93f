//! What a store that was put back from a copy forgets, and what it keeps.

use gatelodge_domain::AuditAction;
use gatelodge_ports::Clock as _;
use gatelodge_ports::store::{GrantFilter, Message, PageRequest, SessionFilter};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::restore::{Alive, Copied, Ended, SettleRestoredStore};

use crate::house::{House, NOW, code_of};

const COPIED: Copied = Copied { at: NOW, seal: 7 };

async fn settle(house: &House, alive: Alive) -> Ended {
    let settle = SettleRestoredStore::new(house.foundation.clone());
    settle.run(COPIED, alive).await.unwrap()
}

/// Live sessions and grants of the default realm.
async fn alive(house: &House) -> (usize, usize) {
    let now = Some(house.clock.now());
    let mut view = house.foundation.store.read().await.unwrap();
    let realm = house.realm.realm.id;
    let sessions = SessionFilter {
        live_at: now,
        ..SessionFilter::default()
    };
    let sessions = view
        .sessions()
        .list(realm, sessions, PageRequest::first(500));
    let sessions = sessions.await.unwrap().items.len();
    let grants = GrantFilter {
        live_at: now,
        ..GrantFilter::default()
    };
    let grants = view.grants().list(realm, grants, PageRequest::first(500));
    (sessions, grants.await.unwrap().items.len())
}

#[tokio::test]
async fn nobody_who_was_signed_in_comes_back_and_everybody_can_sign_in_again() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let ada = house.user("ada").await;
    let session = house.session(&ada).await;
    let inside = house.tokens(&client, &session, "openid").await;
    let offline = house
        .tokens(&client, &session, "openid offline_access")
        .await;
    let code = house.code(&client, &session, "openid").await;
    // More than one batch of each.
    for _ in 0..450 {
        let _ = house.session(&ada).await;
    }
    house.advance(60);
    let ended = settle(&house, Alive::End).await;
    assert_eq!(
        ended,
        Ended {
            sessions: 451,
            grants: 3,
            families: 2,
            tickets: 3,
            messages: 0,
        }
    );
    assert_eq!(alive(&house).await, (0, 0));
    for tokens in [inside, offline] {
        assert!(!house.is_accepted(tokens.access_token.expose()).await);
        let token = tokens.refresh_token.unwrap();
        let refused = house.refresh(&client, token.expose()).await;
        assert_eq!(code_of(refused), ErrorCode::InvalidGrant);
    }
    let refused = house.redeem(&client, &code).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);

    house.advance(1);
    let fresh = house.session(&ada).await;
    let tokens = house.tokens(&client, &fresh, "openid").await;
    assert!(house.is_accepted(tokens.access_token.expose()).await);
    let token = tokens.refresh_token.unwrap();
    assert!(house.refresh(&client, token.expose()).await.is_ok());
}

#[tokio::test]
async fn what_is_kept_stays_but_a_code_is_never_redeemed_a_second_time() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let tokens = house.tokens(&client, &session, "openid").await;
    let code = house.code(&client, &session, "openid").await;
    house.advance(30);
    let ended = settle(&house, Alive::Keep).await;
    assert_eq!((ended.sessions, ended.grants, ended.families), (0, 0, 0));
    let refused = house.redeem(&client, &code).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);
    assert!(house.is_accepted(tokens.access_token.expose()).await);
    let token = tokens.refresh_token.unwrap();
    assert!(house.refresh(&client, token.expose()).await.is_ok());
}

#[tokio::test]
async fn each_realm_hears_of_it() {
    let house = House::new().await;
    let _ = settle(&house, Alive::End).await;
    let told: Vec<_> = house
        .trail()
        .await
        .into_iter()
        .filter(|event| event.action == AuditAction::StoreRestored)
        .collect();
    let realms: Vec<_> = told.iter().map(|event| event.realm).collect();
    for realm in [&house.realm, &house.other_realm] {
        assert!(realms.contains(&realm.realm.id), "{}", realm.issuer);
    }
    let facts = told[0].facts.clone().unwrap();
    assert!(facts.contains("\"newest_seal\":7"), "{facts}");
}

#[tokio::test]
async fn a_mail_that_waited_in_the_copy_is_not_sent_again_unless_nobody_sent_it() {
    for (alive, left) in [(Alive::End, 0), (Alive::Keep, 1)] {
        let house = House::new().await;
        let message = Message {
            id: house.foundation.rng.id(NOW),
            realm: house.realm.realm.id,
            channel: "mail".to_owned(),
            payload: b"sealed".to_vec(),
            attempts: 0,
            due_at: NOW,
        };
        let mut unit = house.foundation.store.write().await.unwrap();
        unit.outbox().enqueue(&message).await.unwrap();
        unit.commit().await.unwrap();
        house.advance(60);
        let ended = settle(&house, alive).await;
        assert_eq!(ended.messages, 1 - left);
        let now = house.clock.now();
        let mut unit = house.foundation.store.write().await.unwrap();
        let waiting = unit.outbox().take("mail", now, now, 9).await.unwrap();
        assert_eq!(u64::try_from(waiting.len()).unwrap(), left);
    }
}
