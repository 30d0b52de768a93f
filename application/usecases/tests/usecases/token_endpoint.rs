//! What holds for every grant type.

use gatelodge_usecases::ErrorCode;

use crate::house::{House, SECRET, code_of};

#[tokio::test]
async fn a_grant_type_must_be_there_known_and_the_clients() {
    let house = House::new().await;
    house.public_client("app", |_| {}).await;
    let who = ("client_id", "app");
    let missing = house.exchange(&[who]).await;
    assert_eq!(code_of(missing), ErrorCode::InvalidRequest);
    let unknown = house.exchange(&[who, ("grant_type", "magic")]).await;
    assert_eq!(code_of(unknown), ErrorCode::UnsupportedGrantType);
    assert!(house.trail().await.is_empty());
    let pairs = [who, ("grant_type", "client_credentials")];
    let not_its_own = house.exchange(&pairs).await;
    assert_eq!(code_of(not_its_own), ErrorCode::UnauthorizedClient);
    let story = house.story().await;
    assert_eq!(story[0].1, "unauthorized_client");
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_also_where_it_is_not_needed() {
    let house = House::new().await;
    house.confidential_client("backend", |_| {}).await;
    let mut pairs = vec![
        ("grant_type", "client_credentials"),
        ("client_id", "backend"),
        ("client_secret", SECRET),
        ("unknown", "a"),
        ("unknown", "b"),
    ];
    assert!(house.exchange(&pairs).await.is_ok());
    pairs.extend([("scope", "profile"), ("scope", "email")]);
    let repeated = house.exchange(&pairs).await;
    assert_eq!(code_of(repeated), ErrorCode::InvalidRequest);
}
