//! Who may ask about which token.

use std::sync::Arc;

use gatelodge_domain::client::IntrospectionReach;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::introspection::Introspection;

use crate::house::{House, SECRET, claims, code_of};

async fn ask(house: &House, caller: &str, token: &str) -> Introspection {
    let pairs = [
        ("client_id", caller),
        ("client_secret", SECRET),
        ("token", token),
        ("token_type_hint", "nonsense"),
    ];
    house.introspect(&pairs).await.unwrap()
}

async fn house_with_callers() -> Arc<House> {
    let house = House::new().await;
    let orders = vec!["https://orders.example".to_owned()];
    let issuer = vec!["https://id.example".to_owned()];
    for (name, reach, audiences) in [
        ("own", IntrospectionReach::Own, &orders),
        ("orders", IntrospectionReach::Audience, &orders),
        ("mail", IntrospectionReach::Audience, &Vec::new()),
        // The issuer is in the audience of every token with `openid`, and nobody's API.
        ("nosy", IntrospectionReach::Audience, &issuer),
        ("realm", IntrospectionReach::Realm, &Vec::new()),
    ] {
        house
            .confidential_client(name, |client| {
                client.introspection = reach;
                client.audiences.clone_from(audiences);
            })
            .await;
    }
    house
}

#[tokio::test]
async fn reach_decides_what_is_told() {
    let house = house_with_callers().await;
    let app = house
        .confidential_client("app", |client| {
            client.audiences = vec!["https://orders.example".to_owned()];
        })
        .await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&app, &session, "openid profile").await;
    let access = answer.access_token.expose();
    let refresh = answer.refresh_token.as_ref().unwrap().expose();
    for (caller, of_access, of_refresh) in [
        ("app", true, true),
        ("own", false, false),
        ("orders", true, false),
        ("mail", false, false),
        ("nosy", false, false),
        ("realm", true, true),
    ] {
        let told = |it| matches!(it, Introspection::Active(_));
        assert_eq!(
            told(ask(&house, caller, access).await),
            of_access,
            "{caller}"
        );
        assert_eq!(
            told(ask(&house, caller, refresh).await),
            of_refresh,
            "{caller}"
        );
    }
}

#[tokio::test]
async fn an_active_token_tells_its_claims() {
    let house = house_with_callers().await;
    let app = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&app, &session, "openid profile").await;
    let access = answer.access_token.expose();
    let Introspection::Active(told) = ask(&house, "realm", access).await else {
        panic!("the token is good");
    };
    let claims = claims(access);
    for claim in [
        "iss",
        "sub",
        "aud",
        "client_id",
        "scope",
        "exp",
        "iat",
        "jti",
    ] {
        assert_eq!(told[claim], claims[claim], "{claim}");
    }
    assert_eq!(told["token_type"], "Bearer");
    let refresh = answer.refresh_token.unwrap();
    let Introspection::Active(told) = ask(&house, "realm", refresh.expose()).await else {
        panic!("the token is good");
    };
    assert_eq!(told["client_id"], "app");
    assert_eq!(told["scope"], "openid profile");
}

#[tokio::test]
async fn what_is_expired_spent_revoked_or_foreign_is_inactive() {
    let house = house_with_callers().await;
    let app = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let first = house.tokens(&app, &session, "openid").await;
    let spent = first.refresh_token.unwrap();
    house.refresh(&app, spent.expose()).await.unwrap();
    let inactive = Introspection::Inactive;
    assert_eq!(ask(&house, "realm", spent.expose()).await, inactive);
    assert_eq!(ask(&house, "realm", "nonsense").await, inactive);
    assert_eq!(ask(&house, "realm", "gl_rt_nonsense").await, inactive);
    house.advance(899);
    let access = first.access_token.expose();
    assert_ne!(ask(&house, "realm", access).await, inactive);
    house.advance(1);
    assert_eq!(ask(&house, "realm", access).await, inactive);
}

#[tokio::test]
async fn a_token_signed_by_another_realm_or_with_another_algorithm_is_inactive() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let house = house_with_callers().await;
    let app = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let genuine = house.tokens(&app, &session, "openid").await;
    let genuine = genuine.access_token.expose();
    assert_ne!(ask(&house, "realm", genuine).await, Introspection::Inactive);

    let (header, rest) = genuine.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let decoded = URL_SAFE_NO_PAD.decode(payload).unwrap();
    let algorithm = gatelodge_domain::KeyAlgorithm::Es256;
    let foreign = house
        .keys
        .signer(&house.other_realm, algorithm)
        .await
        .unwrap();
    let foreign = foreign
        .sign(
            gatelodge_ports::key_factory::TokenType::AccessToken,
            &decoded,
        )
        .unwrap();
    let own = house.keys.signer(&house.realm, algorithm).await.unwrap();
    let as_id_token = own
        .sign(gatelodge_ports::key_factory::TokenType::Jwt, &decoded)
        .unwrap();
    let header = String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let renamed = |algorithm: &str| {
        let header = header.replace("ES256", algorithm);
        format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header))
    };
    let unsigned = format!(
        "{}.{payload}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#)
    );
    for forged in [
        foreign,
        as_id_token,
        unsigned,
        renamed("none"),
        renamed("HS256"),
        renamed("EdDSA"),
        genuine.replace(payload, &URL_SAFE_NO_PAD.encode("{}")),
    ] {
        assert_eq!(ask(&house, "realm", &forged).await, Introspection::Inactive);
    }
}

#[tokio::test]
async fn only_a_client_that_authenticates_may_ask() {
    let house = house_with_callers().await;
    house.public_client("app", |_| {}).await;
    for pairs in [
        vec![("client_id", "app"), ("token", "t")],
        vec![("token", "t")],
        vec![
            ("client_id", "realm"),
            ("client_secret", "wrong"),
            ("token", "t"),
        ],
    ] {
        let refused = house.introspect(&pairs).await;
        assert_eq!(code_of(refused), ErrorCode::InvalidClient);
    }
    let pairs = [("client_id", "realm"), ("client_secret", SECRET)];
    let without_token = house.introspect(&pairs).await;
    assert_eq!(code_of(without_token), ErrorCode::InvalidRequest);
}
