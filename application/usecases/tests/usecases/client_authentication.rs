//! How clients prove themselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_domain::client::{ClientAuthenticationMethod, ClientSecret, ClientStatus};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::ErrorCode;

use crate::house::{House, NOW, SECRET, code_of, denial};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")))
}

#[tokio::test]
async fn a_client_proves_itself_by_its_registered_method_and_no_other() {
    let house = House::new().await;
    house
        .confidential_client("basic", |client| {
            client.authentication = ClientAuthenticationMethod::ClientSecretBasic;
        })
        .await;
    house.confidential_client("post", |_| {}).await;
    for (name, by_header) in [("basic", true), ("post", false)] {
        let header = basic(name, SECRET);
        let in_header = house
            .exchange_in(&house.realm, Some(&header), &[GRANT])
            .await;
        let in_body = house
            .exchange(&[GRANT, ("client_id", name), ("client_secret", SECRET)])
            .await;
        let (right, wrong) = if by_header {
            (in_header, in_body)
        } else {
            (in_body, in_header)
        };
        assert!(right.is_ok(), "{name}");
        assert_eq!(code_of(wrong), ErrorCode::InvalidClient, "{name}");
        let bare = house.exchange(&[GRANT, ("client_id", name)]).await;
        assert_eq!(code_of(bare), ErrorCode::InvalidClient, "{name}");
    }
}

#[tokio::test]
async fn unknown_wrong_and_disabled_look_alike_and_only_the_known_are_recorded() {
    let house = House::new().await;
    house.confidential_client("backend", |_| {}).await;
    house
        .confidential_client("disabled", |client| {
            client.status = ClientStatus::Disabled { since: NOW };
        })
        .await;
    let ask = async |name, secret| {
        house
            .exchange(&[GRANT, ("client_id", name), ("client_secret", secret)])
            .await
    };
    let unknown = denial(ask("nobody", SECRET).await);
    assert_eq!(unknown.code, ErrorCode::InvalidClient);
    assert!(house.trail().await.is_empty());
    for _ in 0..3 {
        assert_eq!(denial(ask("backend", "wrong").await), unknown);
    }
    assert_eq!(denial(ask("disabled", SECRET).await), unknown);
    let action = "client.authentication".to_owned();
    let story = [
        (action.clone(), "wrong_secret".to_owned()),
        (action, "disabled".to_owned()),
    ];
    assert_eq!(house.story().await, story);
    assert!(ask("backend", SECRET).await.is_ok());
}

#[tokio::test]
async fn two_methods_at_once_are_refused() {
    let house = House::new().await;
    house.confidential_client("backend", |_| {}).await;
    let header = basic("backend", SECRET);
    let pairs = [GRANT, ("client_id", "backend"), ("client_secret", SECRET)];
    let both = house.exchange_in(&house.realm, Some(&header), &pairs).await;
    assert_eq!(code_of(both), ErrorCode::InvalidRequest);
    let pairs = [GRANT, ("client_id", "another")];
    let contradiction = house.exchange_in(&house.realm, Some(&header), &pairs).await;
    assert_eq!(code_of(contradiction), ErrorCode::InvalidRequest);
    assert_eq!(
        code_of(house.exchange(&[GRANT]).await),
        ErrorCode::InvalidClient
    );
}

#[tokio::test]
async fn every_live_secret_works_and_an_expired_one_does_not() {
    let house = House::new().await;
    let expires_at = Some(house.clock.now().plus(core::time::Duration::from_mins(1)));
    let next = ClientSecret {
        id: house.foundation.rng.id(house.clock.now()),
        digest: house.secret_digest("another secret"),
        sealed: None,
        created_at: NOW,
        expires_at: None,
    };
    house
        .confidential_client("backend", |client| {
            client.secrets[0].expires_at = expires_at;
            client.secrets.push(next);
        })
        .await;
    let ask = async |secret| {
        let who = [("client_id", "backend"), ("client_secret", secret)];
        house.exchange(&[GRANT, who[0], who[1]]).await.is_ok()
    };
    assert!(ask(SECRET).await && ask("another secret").await);
    house.advance(60);
    assert!(!ask(SECRET).await && ask("another secret").await);
}

#[tokio::test]
async fn a_client_that_keeps_failing_is_held_up_for_the_minute() {
    let house = House::new().await;
    house.confidential_client("backend", |_| {}).await;
    let ask = async |secret| {
        let who = [("client_id", "backend"), ("client_secret", secret)];
        house.exchange(&[GRANT, who[0], who[1]]).await
    };
    for _ in 0..300 {
        assert_eq!(code_of(ask("wrong").await), ErrorCode::InvalidClient);
    }
    let held = denial(ask(SECRET).await);
    assert_eq!(held.code, ErrorCode::TooManyRequests);
    assert_eq!(held.retry_after.unwrap().as_secs(), 60);
    house.advance(60);
    assert!(ask(SECRET).await.is_ok());
}

#[tokio::test]
async fn clients_that_nobody_knows_are_held_up_alike_and_hold_up_no_known_one() {
    let house = House::new().await;
    house.confidential_client("backend", |_| {}).await;
    let ask = async |client_id: String| {
        let who = [("client_id", client_id.as_str()), ("client_secret", SECRET)];
        house.exchange(&[GRANT, who[0], who[1]]).await
    };
    for number in 0..300 {
        let name = format!("stranger-{number}");
        assert_eq!(code_of(ask(name).await), ErrorCode::InvalidClient);
    }
    let held = denial(ask("stranger".to_owned()).await);
    assert_eq!(held.code, ErrorCode::TooManyRequests);
    assert!(ask("backend".to_owned()).await.is_ok());
    house.advance(60);
    assert_eq!(
        code_of(ask("stranger".to_owned()).await),
        ErrorCode::InvalidClient
    );
}
