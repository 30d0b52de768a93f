//! What userinfo tells.

use std::sync::Arc;

use gatelodge_domain::{Client, KeyAlgorithm, Session};
use gatelodge_ports::key_factory::TokenType;
use gatelodge_usecases::userinfo::UserinfoAnswer;
use gatelodge_usecases::{Error, ErrorCode};
use serde_json::{Map, Value};

use crate::house::{House, SECRET, claims, code_of};

async fn ask(house: &House, token: &str) -> Result<UserinfoAnswer, Error> {
    let accepted = house.userinfo.accept(&house.realm, token).await?;
    house.userinfo.answer(&house.realm, &accepted).await
}

async fn told(
    house: &House,
    client: &Arc<Client>,
    session: &Session,
    scopes: &str,
) -> Map<String, Value> {
    let answer = house.tokens(client, session, scopes).await;
    match ask(house, answer.access_token.expose()).await.unwrap() {
        UserinfoAnswer::Json(claims) => claims,
        UserinfoAnswer::Jwt(token) => panic!("not asked for: {token}"),
    }
}

#[tokio::test]
async fn each_scope_opens_its_claims_and_no_others() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let names = |claims: Map<String, Value>| claims.into_iter().map(|it| it.0).collect::<Vec<_>>();
    assert_eq!(
        names(told(&house, &client, &session, "openid").await),
        ["sub"]
    );
    assert_eq!(
        names(told(&house, &client, &session, "openid email").await),
        ["email", "email_verified", "sub"]
    );
    assert_eq!(
        names(told(&house, &client, &session, "openid profile").await),
        ["preferred_username", "sub", "updated_at"]
    );
    let with_roles = told(&house, &client, &session, "openid roles").await;
    assert_eq!(names(with_roles), ["roles", "sub"]);
}

#[tokio::test]
async fn a_token_without_openid_is_genuine_but_not_enough() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "profile").await;
    let refused = ask(&house, answer.access_token.expose()).await;
    assert_eq!(code_of(refused), ErrorCode::InsufficientScope);
    house.confidential_client("backend", |_| {}).await;
    let machine = house
        .exchange(&[
            ("grant_type", "client_credentials"),
            ("client_id", "backend"),
            ("client_secret", SECRET),
            ("scope", "openid"),
        ])
        .await
        .unwrap();
    let refused = ask(&house, machine.access_token.expose()).await;
    assert_eq!(code_of(refused), ErrorCode::InsufficientScope);
    let id_token = house.tokens(&client, &session, "openid").await.id_token;
    let refused = ask(&house, id_token.unwrap().expose()).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidToken);
}

#[tokio::test]
async fn a_token_for_another_api_is_not_for_userinfo() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let mut claims = claims(answer.access_token.expose());
    let signer = house.keys.signer(&house.realm, KeyAlgorithm::Es256).await;
    let signer = signer.unwrap();
    for (audience, enough) in [("https://id.example", true), ("https://api.example", false)] {
        claims["aud"] = audience.into();
        let payload = claims.to_string();
        let token = signer
            .sign(TokenType::AccessToken, payload.as_bytes())
            .unwrap();
        let told = ask(&house, &token).await;
        assert_eq!(told.is_ok(), enough, "{audience}");
    }
}

#[tokio::test]
async fn a_client_that_registered_it_gets_a_signed_answer() {
    let house = House::new().await;
    let client = house
        .public_client("app", |client| {
            client.userinfo_algorithm = Some(KeyAlgorithm::Es256);
        })
        .await;
    let ada = house.user("ada").await;
    let session = house.session(&ada).await;
    let answer = house.tokens(&client, &session, "openid").await;
    let told = ask(&house, answer.access_token.expose()).await.unwrap();
    let UserinfoAnswer::Jwt(token) = told else {
        panic!("signed was registered");
    };
    let claims = claims(&token);
    assert_eq!(claims["iss"], "https://id.example");
    assert_eq!(claims["aud"], "app");
    assert_eq!(claims["sub"], ada.subject.as_str());
}
