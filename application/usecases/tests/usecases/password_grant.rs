//! A person's name and password through the client.

use core::time::Duration;

use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::{Password, PasswordCredential, Revision, User};
use gatelodge_usecases::ErrorCode;

use crate::house::{House, NOW, SECRET, claims, code_of, denial};

const COST: Argon2Cost = Argon2Cost {
    memory: 8_192,
    iterations: 1,
    parallelism: 1,
};

async fn set_password(house: &House, user: &User, text: &str) {
    let password = Password::parse(text).unwrap();
    let hash = house.foundation.hasher.hash(&password, COST).await.unwrap();
    let credential = PasswordCredential {
        realm: user.realm,
        user: user.id,
        hash,
        changed_at: NOW,
        revision: Revision::FIRST,
    };
    let mut unit = house.foundation.store.write().await.unwrap();
    unit.passwords().put(&credential).await.unwrap();
    unit.commit().await.unwrap();
}

fn request<'a>(client_id: &'a str, password: &'a str, scope: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "password"),
        ("client_id", client_id),
        ("client_secret", SECRET),
        ("username", "ada"),
        ("password", password),
        ("scope", scope),
    ]
}

#[tokio::test]
async fn the_right_password_buys_tokens_and_a_wrong_one_buys_none() {
    let house = House::new().await;
    let client = house.confidential_client("backend", |_| {}).await;
    let ada = house.user("ada").await;
    set_password(&house, &ada, "correct horse").await;
    let wrong = request("backend", "wrong horse", "openid");
    assert_eq!(
        code_of(house.exchange(&wrong).await),
        ErrorCode::InvalidGrant
    );
    let answer = house
        .exchange(&request("backend", "correct horse", "openid"))
        .await
        .unwrap();
    let access = claims(answer.access_token.expose());
    assert_eq!(access["sub"], ada.subject.as_str());
    assert!(access.get("sid").is_none());
    assert_eq!(
        claims(answer.id_token.unwrap().expose())["sub"],
        access["sub"]
    );
    let token = answer.refresh_token.unwrap();
    assert!(house.refresh(&client, token.expose()).await.is_ok());
    let story = house.story().await;
    let actions: Vec<&str> = story.iter().map(|line| line.0.as_str()).collect();
    assert_eq!(
        actions,
        ["sign_in", "sign_in", "token.issued", "token.issued"]
    );
}

#[tokio::test]
async fn offline_access_needs_an_answer_that_is_remembered_or_waived() {
    let house = House::new().await;
    house.confidential_client("asks", |_| {}).await;
    house
        .confidential_client("own", |client| client.consent = ConsentPolicy::Waived)
        .await;
    let ada = house.user("ada").await;
    set_password(&house, &ada, "correct horse").await;
    for (client, scopes) in [("asks", "openid"), ("own", "offline_access openid")] {
        let pairs = request(client, "correct horse", "openid offline_access");
        let answer = house.exchange(&pairs).await.unwrap();
        assert_eq!(answer.scopes.to_string(), scopes, "{client}");
    }
}

#[tokio::test]
async fn whoever_tried_too_often_is_told_how_long_to_wait() {
    let house = House::new().await;
    house.confidential_client("backend", |_| {}).await;
    let wrong = request("backend", "wrong horse", "openid");
    let mut refused = denial(house.exchange(&wrong).await);
    for _ in 0..100 {
        if refused.code == ErrorCode::TooManyRequests {
            break;
        }
        assert_eq!(
            (refused.code, refused.retry_after),
            (ErrorCode::InvalidGrant, None)
        );
        refused = denial(house.exchange(&wrong).await);
    }
    assert_eq!(refused.code, ErrorCode::TooManyRequests);
    assert_eq!(refused.retry_after, Some(Duration::from_mins(1)));
}
