//! Clients acting for themselves.

use gatelodge_domain::client::ClientStatus;
use gatelodge_domain::scope::{OFFLINE_ACCESS, OPENID};
use gatelodge_domain::{Client, ScopeSet, Setting};
use gatelodge_ports::store::Change;
use gatelodge_usecases::foundation::Follower;
use gatelodge_usecases::upkeep::FlushTraces;
use gatelodge_usecases::{Error, ErrorCode};

use crate::house::{House, NOW, SECRET, claims, code_of};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
const WHO: [(&str, &str); 2] = [("client_id", "backend"), ("client_secret", SECRET)];

#[tokio::test]
async fn a_client_acts_for_itself_without_a_person() {
    let house = House::new().await;
    house
        .confidential_client("backend", |client| {
            client.scopes = ScopeSet::parse("openid offline_access orders:read").unwrap();
            client.default_scopes = client.scopes.clone();
            client.audiences = vec!["https://orders.example".to_owned()];
        })
        .await;
    let answer = house.exchange(&[GRANT, WHO[0], WHO[1]]).await.unwrap();
    assert!(answer.refresh_token.is_none() && answer.id_token.is_none());
    assert_eq!(answer.scopes.to_string(), "orders:read");
    let access = claims(answer.access_token.expose());
    assert_eq!(access["sub"], "backend");
    assert_eq!(access["aud"], "https://orders.example");
    assert!(access.get("sid").is_none() && access.get("auth_time").is_none());
    let trail = house.trail().await;
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].token.unwrap().to_string(), access["jti"]);
}

#[tokio::test]
async fn scopes_about_people_fall_away_and_unknown_ones_are_refused() {
    let house = House::new().await;
    house.confidential_client("backend", |_| {}).await;
    let ask = async |scope| {
        house
            .exchange(&[GRANT, WHO[0], WHO[1], ("scope", scope)])
            .await
    };
    let answer = ask("openid offline_access profile").await.unwrap();
    assert!(!answer.scopes.contains(OPENID) && !answer.scopes.contains(OFFLINE_ACCESS));
    assert_eq!(code_of(ask("unknown").await), ErrorCode::InvalidScope);
    let flood = "s ".repeat(1_000);
    assert_eq!(code_of(ask(&flood).await), ErrorCode::InvalidScope);
}

#[tokio::test]
async fn a_resource_must_be_one_of_the_clients() {
    let house = House::new().await;
    house
        .confidential_client("backend", |client| {
            client.audiences = vec!["https://a.example".into(), "https://b.example".into()];
        })
        .await;
    let ask = async |resources: &[&str]| {
        let mut pairs = vec![GRANT, WHO[0], WHO[1]];
        pairs.extend(resources.iter().map(|resource| ("resource", *resource)));
        house.exchange(&pairs).await
    };
    let answer = ask(&["https://b.example", "https://id.example"]).await;
    let access = claims(answer.unwrap().access_token.expose());
    let both = serde_json::json!(["https://b.example", "https://id.example"]);
    assert_eq!(access["aud"], both);
    let refused = ask(&["https://b.example", "https://c.example"]).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidTarget);
}

#[tokio::test]
async fn the_trace_of_a_token_is_written_before_the_answer_or_later_or_never() {
    let house = House::new().await;
    let traces = async |setting: u32| {
        let name = format!("backend-{setting}");
        house
            .confidential_client(&name, |client| {
                client.settings.set(Setting::TokenTrace, setting).unwrap();
            })
            .await;
        let before = house.trail().await.len();
        let who = [("client_id", name.as_str()), WHO[1]];
        house.exchange(&[GRANT, who[0], who[1]]).await.unwrap();
        let at_once = house.trail().await.len() - before;
        let flush = FlushTraces::new(house.foundation.clone());
        flush.run().await.unwrap();
        flush.run().await.unwrap();
        (at_once, house.trail().await.len() - before)
    };
    assert_eq!(traces(2).await, (1, 1));
    assert_eq!(traces(1).await, (0, 1));
    assert_eq!(traces(0).await, (0, 0));
}

#[tokio::test]
async fn a_node_that_hears_nothing_gives_no_untraced_token_to_a_client_that_was_shut_out() {
    let house = House::new().await;
    let client = house
        .confidential_client("backend", |client| {
            client.settings.set(Setting::TokenTrace, 0).unwrap();
        })
        .await;
    let follower = Follower::start(house.foundation.clone()).await.unwrap();
    let ask = async || house.exchange(&[GRANT, WHO[0], WHO[1]]).await;
    assert!(ask().await.is_ok());
    // Another node shuts it out, and this one does not hear of it.
    set_status(&house, &client, ClientStatus::Disabled { since: NOW }).await;
    assert!(ask().await.is_ok(), "the feed was read a moment ago");
    house.advance(3);
    let early = ask().await;
    assert!(matches!(early, Err(Error::Failed(_))), "{early:?}");
    assert_eq!(code_of(ask().await), ErrorCode::InvalidClient);

    set_status(&house, &client, ClientStatus::Enabled).await;
    let change = Change::Client(client.realm, client.id);
    house.foundation.apply(change);
    assert!(ask().await.is_ok(), "the store says that it may");
    follower.poll().await.unwrap();
    assert!(ask().await.is_ok());
}

/// Writes it as another node would, and tells nobody.
async fn set_status(house: &House, client: &Client, status: ClientStatus) {
    let mut unit = house.foundation.store.write().await.unwrap();
    let found = unit.clients().find(client.realm, client.id).await.unwrap();
    let changed = Client {
        status,
        ..found.unwrap()
    };
    unit.clients().update(&changed).await.unwrap();
    unit.commit().await.unwrap();
}
