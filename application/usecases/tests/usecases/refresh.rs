//! Refresh tokens at the token endpoint.

use core::time::Duration;

use gatelodge_domain::client::{RefreshPolicy, Rotation};
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::user::UserStatus;
use gatelodge_ports::Clock as _;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::foundation::Announcements;
use gatelodge_usecases::grants::end_session;

use crate::house::{House, claims, code_of};

fn overlapping(seconds: u32) -> RefreshPolicy {
    RefreshPolicy {
        rotation: Rotation::Rotate,
        overlap_seconds: seconds,
    }
}

#[tokio::test]
async fn a_refreshed_id_token_keeps_what_the_first_said_but_the_nonce() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let first = house.tokens(&client, &session, "openid profile").await;
    house.advance(100);
    let token = first.refresh_token.unwrap();
    let second = house.refresh(&client, token.expose()).await.unwrap();
    assert_ne!(second.refresh_token.unwrap().expose(), token.expose());
    let first = claims(first.id_token.unwrap().expose());
    let second = claims(second.id_token.unwrap().expose());
    for claim in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
        assert_eq!(first[claim], second[claim], "{claim}");
    }
    assert!(second.get("nonce").is_none());
    assert!(second["iat"].as_i64() > first["iat"].as_i64());
}

#[tokio::test]
async fn reuse_ends_the_family_and_its_access_tokens() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let first = house.tokens(&client, &session, "openid").await;
    let spent = first.refresh_token.unwrap();
    let second = house.refresh(&client, spent.expose()).await.unwrap();
    assert!(house.is_accepted(second.access_token.expose()).await);
    let reused = house.refresh(&client, spent.expose()).await;
    assert_eq!(code_of(reused), ErrorCode::InvalidGrant);
    assert!(!house.is_accepted(first.access_token.expose()).await);
    assert!(!house.is_accepted(second.access_token.expose()).await);
    let current = second.refresh_token.unwrap();
    let dead = house.refresh(&client, current.expose()).await;
    assert_eq!(code_of(dead), ErrorCode::InvalidGrant);
    let story = house.story().await;
    assert!(story.contains(&("refresh.reused".to_owned(), "reused".to_owned())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_uses_at_once_one_gets_tokens_and_the_family_then_ends() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let first = house.tokens(&client, &session, "openid").await;
    let token = first.refresh_token.unwrap().expose().clone();
    let uses: Vec<_> = (0..64)
        .map(|_| {
            let (house, client, token) = (house.clone(), client.clone(), token.clone());
            tokio::spawn(async move { house.refresh(&client, &token).await })
        })
        .collect();
    let mut winners = Vec::new();
    for attempt in uses {
        winners.extend(attempt.await.unwrap().ok());
    }
    assert_eq!(winners.len(), 1);
    let current = winners.remove(0).refresh_token.unwrap();
    let dead = house.refresh(&client, current.expose()).await;
    assert_eq!(code_of(dead), ErrorCode::InvalidGrant);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_overlap_every_winner_holds_the_same_token() {
    let house = House::new().await;
    let client = house
        .public_client("app", |client| client.refresh = overlapping(10))
        .await;
    let session = house.session(&house.user("ada").await).await;
    let first = house.tokens(&client, &session, "openid").await;
    let token = first.refresh_token.unwrap().expose().clone();
    let uses: Vec<_> = (0..64)
        .map(|_| {
            let (house, client, token) = (house.clone(), client.clone(), token.clone());
            tokio::spawn(async move { house.refresh(&client, &token).await })
        })
        .collect();
    let mut held = Vec::new();
    for attempt in uses {
        let answer = attempt.await.unwrap().unwrap();
        held.push(answer.refresh_token.unwrap().expose().clone());
    }
    held.dedup();
    assert_eq!(held.len(), 1);
    assert!(house.refresh(&client, &held[0]).await.is_ok());
}

#[tokio::test]
async fn the_overlap_ends_with_its_time_or_with_the_next_use() {
    let house = House::new().await;
    let client = house
        .public_client("app", |client| client.refresh = overlapping(10))
        .await;
    let session = house.session(&house.user("ada").await).await;
    for use_the_next in [false, true] {
        let first = house.tokens(&client, &session, "openid").await;
        let spent = first.refresh_token.unwrap();
        let second = house.refresh(&client, spent.expose()).await.unwrap();
        if use_the_next {
            let current = second.refresh_token.unwrap();
            house.refresh(&client, current.expose()).await.unwrap();
        } else {
            house.clock.advance(Duration::from_secs(10));
        }
        let reused = house.refresh(&client, spent.expose()).await;
        assert_eq!(code_of(reused), ErrorCode::InvalidGrant, "{use_the_next}");
        assert!(!house.is_accepted(second.access_token.expose()).await);
    }
}

#[tokio::test]
async fn a_client_registered_to_keep_its_token_may_use_it_again() {
    let house = House::new().await;
    let client = house
        .confidential_client("backend", |client| {
            client.refresh.rotation = Rotation::Keep;
        })
        .await;
    let session = house.session(&house.user("ada").await).await;
    let first = house.tokens(&client, &session, "openid").await;
    let token = first.refresh_token.unwrap();
    for _ in 0..3 {
        let answer = house.refresh(&client, token.expose()).await.unwrap();
        assert_eq!(answer.refresh_token.unwrap().expose(), token.expose());
    }
}

#[tokio::test]
async fn a_forged_token_touches_nothing() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let token = answer.refresh_token.unwrap();
    let before = house.trail().await.len();
    let genuine = OpaqueToken::open(TokenKind::RefreshToken, token.expose()).unwrap();
    for position in [0, 19, 20, 51] {
        let mut forged = genuine.expose().clone();
        forged[position] ^= 1;
        let forged = OpaqueToken::mint(TokenKind::RefreshToken, &forged);
        let refused = house.refresh(&client, forged.expose()).await;
        assert_eq!(code_of(refused), ErrorCode::InvalidGrant, "{position}");
    }
    assert_eq!(house.trail().await.len(), before);
    assert!(house.refresh(&client, token.expose()).await.is_ok());
}

#[tokio::test]
async fn another_clients_token_or_realm_is_refused_and_nothing_ends() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let thief = house.public_client("thief", |_| {}).await;
    house.client_in(&house.other_realm, "app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let token = answer.refresh_token.unwrap();
    let stolen = house.refresh(&thief, token.expose()).await;
    assert_eq!(code_of(stolen), ErrorCode::InvalidGrant);
    let pairs = [
        ("grant_type", "refresh_token"),
        ("client_id", "app"),
        ("refresh_token", token.expose().as_str()),
    ];
    let foreign = house.exchange_in(&house.other_realm, None, &pairs).await;
    assert_eq!(code_of(foreign), ErrorCode::InvalidGrant);
    assert!(house.is_accepted(answer.access_token.expose()).await);
    assert!(house.refresh(&client, token.expose()).await.is_ok());
}

#[tokio::test]
async fn scope_can_be_narrowed_for_a_while_and_never_widened() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid profile").await;
    let token = answer.refresh_token.unwrap();
    let ask = async |token: &str, scope: &str| {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", "app"),
            ("refresh_token", token),
            ("scope", scope),
        ];
        house.exchange(&pairs).await
    };
    let widened = ask(token.expose(), "openid profile email").await;
    assert_eq!(code_of(widened), ErrorCode::InvalidScope);
    // The refusal did not spend it.
    let narrowed = ask(token.expose(), "profile").await.unwrap();
    assert_eq!(narrowed.scopes.to_string(), "profile");
    assert!(narrowed.id_token.is_none());
    let next = narrowed.refresh_token.unwrap();
    let whole = ask(next.expose(), "").await.unwrap();
    assert_eq!(whole.scopes.to_string(), "openid profile");
}

#[tokio::test]
async fn only_offline_access_outlives_the_session() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let ada = house.user("ada").await;
    for (scopes, survives) in [("openid", false), ("openid offline_access", true)] {
        let session = house.session(&ada).await;
        let answer = house.tokens(&client, &session, scopes).await;
        let token = answer.refresh_token.unwrap();
        let mut announcements = Announcements::new();
        let mut unit = house.foundation.store.write().await.unwrap();
        let (realm, now) = (ada.realm, house.clock.now());
        end_session(&mut *unit, &mut announcements, realm, session.id, now)
            .await
            .unwrap();
        unit.commit().await.unwrap();
        announcements.apply(&house.foundation);
        let refreshed = house.refresh(&client, token.expose()).await;
        assert_eq!(refreshed.is_ok(), survives, "{scopes}");
    }
}

#[tokio::test]
async fn a_session_that_ran_out_takes_its_family_with_it() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let offline = house
        .tokens(&client, &session, "openid offline_access")
        .await;
    house.advance(8 * 3600);
    let token = answer.refresh_token.unwrap();
    let refused = house.refresh(&client, token.expose()).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);
    let token = offline.refresh_token.unwrap();
    assert!(house.refresh(&client, token.expose()).await.is_ok());
}

#[tokio::test]
async fn a_family_dies_when_it_is_not_used_and_at_its_end_in_any_case() {
    const DAY: u64 = 24 * 3600;
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let scopes = "openid offline_access";
    let idle = house.tokens(&client, &session, scopes).await;
    let used = house.tokens(&client, &session, scopes).await;
    let mut token = used.refresh_token.unwrap();
    for _ in 0..3 {
        house.advance(30 * DAY - 1);
        let answer = house.refresh(&client, token.expose()).await.unwrap();
        token = answer.refresh_token.unwrap();
    }
    house.advance(3);
    let over = house.refresh(&client, token.expose()).await;
    assert_eq!(code_of(over), ErrorCode::InvalidGrant);
    let unused = idle.refresh_token.unwrap();
    let over = house.refresh(&client, unused.expose()).await;
    assert_eq!(code_of(over), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn a_disabled_person_is_not_refreshed() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let ada = house.user("ada").await;
    let session = house.session(&ada).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let since = house.clock.now();
    house
        .set_status(&ada, UserStatus::Deactivated { since })
        .await;
    let token = answer.refresh_token.unwrap();
    let refused = house.refresh(&client, token.expose()).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);
}
