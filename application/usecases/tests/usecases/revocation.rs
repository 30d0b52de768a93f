//! Clients ending their own tokens.

use gatelodge_usecases::ErrorCode;

use crate::house::{House, code_of};

#[tokio::test]
async fn a_refresh_token_takes_its_grants_tokens_with_it() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let ended = house.tokens(&client, &session, "openid").await;
    let other = house.tokens(&client, &session, "openid").await;
    let token = ended.refresh_token.unwrap();
    let pairs = [
        ("client_id", "app"),
        ("token", token.expose().as_str()),
        ("token_type_hint", "access_token"),
    ];
    house.revoke(&pairs).await.unwrap();
    assert!(!house.is_accepted(ended.access_token.expose()).await);
    let refused = house.refresh(&client, token.expose()).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);
    // Another authorization is another matter.
    assert!(house.is_accepted(other.access_token.expose()).await);
    let events = house.trail().await.len();
    house.revoke(&pairs).await.unwrap();
    assert_eq!(house.trail().await.len(), events);
}

#[tokio::test]
async fn an_access_token_ends_alone() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let access = answer.access_token.expose();
    house
        .revoke(&[("client_id", "app"), ("token", access)])
        .await
        .unwrap();
    assert!(!house.is_accepted(access).await);
    let token = answer.refresh_token.unwrap();
    let next = house.refresh(&client, token.expose()).await.unwrap();
    assert!(house.is_accepted(next.access_token.expose()).await);
    let story = house.story().await;
    assert!(story.contains(&("token.revoked".to_owned(), "success".to_owned())));
}

#[tokio::test]
async fn what_is_unknown_or_anothers_is_answered_alike_and_nothing_ends() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    house.public_client("thief", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let refresh = answer.refresh_token.unwrap();
    for token in [answer.access_token.expose(), refresh.expose(), "nonsense"] {
        let pairs = [("client_id", "thief"), ("token", token)];
        house.revoke(&pairs).await.unwrap();
    }
    assert!(house.is_accepted(answer.access_token.expose()).await);
    assert!(house.refresh(&client, refresh.expose()).await.is_ok());
    let missing = house.revoke(&[("client_id", "app")]).await;
    assert_eq!(code_of(missing), ErrorCode::InvalidRequest);
    let nobody = house
        .revoke(&[("client_id", "nobody"), ("token", "t")])
        .await;
    assert_eq!(code_of(nobody), ErrorCode::InvalidClient);
}
