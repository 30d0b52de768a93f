//! Revoking whatever is named.

use gatelodge_domain::{AuditAction, Id};
use gatelodge_ports::store::{GrantFilter, PageRequest};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, Permit, SessionsWrite, TokensWrite};
use gatelodge_usecases::revocations::{Doomed, Ended};

use super::plane::{Plane, code, nobody};
use crate::house::claims;
use crate::remembered::Nodes;

async fn permit(plane: &Plane) -> Permit<TokensWrite> {
    plane.permit(&Caller::Operator, "default").await.unwrap()
}

#[tokio::test]
async fn one_token_is_void_by_its_jti_and_its_neighbour_is_not() {
    let plane = Plane::new().await;
    let house = &plane.house;
    let app = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let first = house.tokens(&app, &session, "openid").await;
    let other = house.tokens(&app, &session, "openid").await;
    let jti = claims(first.access_token.expose())["jti"].clone();
    let doomed = Doomed::Token(Id::parse(jti.as_str().unwrap()).unwrap());
    let permit = permit(&plane).await;
    let ended = plane.api.revocations.revoke(&permit, doomed).await.unwrap();
    assert_eq!(ended, Ended::default());
    assert!(!house.is_accepted(first.access_token.expose()).await);
    assert!(house.is_accepted(other.access_token.expose()).await);
    let trail = house.trail().await;
    let event = trail.last().unwrap();
    assert_eq!(event.action, AuditAction::TokenRevoked);
    assert_eq!(event.token.unwrap().to_string(), jti.as_str().unwrap());
}

#[tokio::test]
async fn a_grant_a_session_and_a_person_end_with_what_was_made_of_them() {
    let plane = Plane::new().await;
    let house = &plane.house;
    let app = house.public_client("app", |_| {}).await;
    let ada = house.user("ada").await;
    let eve = house.user("eve").await;
    let eves = house.session(&eve).await;
    let untouched = house.tokens(&app, &eves, "openid").await;
    let permit = permit(&plane).await;
    let revoke = |doomed| plane.api.revocations.revoke(&permit, doomed);
    for which in ["grant", "session", "user"] {
        let session = house.session(&ada).await;
        let tokens = house.tokens(&app, &session, "openid").await;
        let gid = claims(tokens.access_token.expose())["gid"].clone();
        let doomed = match which {
            "grant" => Doomed::Grant(Id::parse(gid.as_str().unwrap()).unwrap()),
            "session" => Doomed::Session(session.id),
            _ => Doomed::User(ada.id),
        };
        revoke(doomed.clone()).await.unwrap();
        assert!(!house.is_accepted(tokens.access_token.expose()).await);
        let refresh = tokens.refresh_token.unwrap();
        let again = house.refresh(&app, refresh.expose()).await;
        assert!(again.is_err(), "{which}");
        if which != "user" {
            assert_eq!(code(revoke(doomed).await), ErrorCode::NotFound, "{which}");
        }
        house.advance(1);
    }
    assert!(house.is_accepted(untouched.access_token.expose()).await);
    for absent in [
        Doomed::Grant(nobody()),
        Doomed::Session(nobody()),
        Doomed::User(nobody()),
        Doomed::Client("nobody".to_owned()),
    ] {
        assert_eq!(code(revoke(absent).await), ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn all_of_a_client_ends_in_turns_and_nothing_of_another() {
    let plane = Plane::new().await;
    let house = &plane.house;
    let app = house.public_client("app", |_| {}).await;
    let other = house.public_client("other", |_| {}).await;
    let ada = house.user("ada").await;
    let session = house.session(&ada).await;
    let tokens = house.tokens(&app, &session, "openid").await;
    let others = house.tokens(&other, &session, "openid").await;
    // More than fit into two turns.
    for _ in 0..450 {
        house.code(&app, &session, "openid").await;
    }
    let code_left = house.code(&app, &session, "openid").await;
    house.advance(1);
    let permit: Permit<SessionsWrite> = plane.permit(&Caller::Operator, "default").await.unwrap();
    let ended = plane
        .api
        .revocations
        .end_client(&permit, "app")
        .await
        .unwrap();
    assert_eq!(ended.grants, 452);
    assert!(!house.is_accepted(tokens.access_token.expose()).await);
    let refresh = tokens.refresh_token.unwrap();
    assert!(house.refresh(&app, refresh.expose()).await.is_err());
    assert!(house.redeem(&app, &code_left).await.is_err());
    assert!(house.is_accepted(others.access_token.expose()).await);
    let refresh = others.refresh_token.unwrap();
    assert!(house.refresh(&other, refresh.expose()).await.is_ok());
    let mut view = house.foundation.store.read().await.unwrap();
    let left = GrantFilter {
        client: Some(app.id),
        live_at: Some(session.created_at),
        ..GrantFilter::default()
    };
    let realm = house.realm.realm.id;
    let listed = view
        .grants()
        .list(realm, left, PageRequest::first(10))
        .await;
    assert!(listed.unwrap().items.is_empty());
    drop(view);
    // Whoever comes after that is served.
    house.advance(1);
    let again = house.tokens(&app, &session, "openid").await;
    assert!(house.is_accepted(again.access_token.expose()).await);
    let gone = plane.api.revocations.end_client(&permit, "app").await;
    assert_eq!(gone.unwrap().grants, 1);
}

#[tokio::test]
async fn all_of_a_realm_ends_and_nothing_of_another() {
    let plane = Plane::new().await;
    let house = &plane.house;
    let app = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let tokens = house.tokens(&app, &session, "openid offline_access").await;
    let administrator = plane.administrator("root", "administrator").await;
    let token = plane.token(&administrator, "admin").await;
    house.advance(1);
    let permit = permit(&plane).await;
    let ended = plane.api.revocations.revoke(&permit, Doomed::Realm).await;
    let ended = ended.unwrap();
    assert_eq!((ended.grants, ended.sessions), (1, 1));
    assert!(!house.is_accepted(tokens.access_token.expose()).await);
    let refresh = tokens.refresh_token.unwrap();
    assert!(house.refresh(&app, refresh.expose()).await.is_err());
    let administrators = &plane.api.administrators;
    assert!(administrators.recognise(Some(&token)).await.is_ok());
}

#[tokio::test]
async fn a_sign_in_that_is_remembered_ends_with_all_of_its_realm() {
    let plane = Plane::new().await;
    let nodes = Nodes::over(plane.house.clone()).await;
    nodes.here.person("ada").await;
    let client = nodes.own_client().await;
    let cookie = nodes.here.sign_in("ada").await;
    nodes.both_give(&client, &cookie).await;
    plane.house.advance(1);
    let permit = permit(&plane).await;
    let ended = plane.api.revocations.revoke(&permit, Doomed::Realm).await;
    assert_eq!(ended.unwrap().sessions, 1);
    nodes.both_ask_to_sign_in(&client, &cookie).await;
}
