//! Introspection (RFC 7662) and revocation (RFC 7009), and that they agree.

use gatelodge_testkit::{Administrator, Http, RelyingParty, Server};
use serde_json::json;

use crate::story::{code, confidential_client, public_client, shared};

fn introspect(party: &RelyingParty, token: &str) -> serde_json::Value {
    party
        .authenticated_post("/oauth2/introspect", &[("token", token)])
        .expect_status(200)
        .json()
}

#[test]
fn a_revoked_access_token_is_inactive_at_once_and_its_family_lives() {
    let server = &shared();
    let (party, api) = (
        public_client(server, "openid"),
        confidential_client(server, ""),
    );
    let tokens = party.redeem(&code(server, &party)).expect_status(200);
    let access = tokens.field("access_token");
    let seen = introspect(&api, &access);
    assert_eq!(seen["active"], true);
    assert_eq!(seen["client_id"], party.client_id.as_str());
    assert_eq!(seen["token_type"], "Bearer");
    let _ = party
        .authenticated_post("/oauth2/revoke", &[("token", &access)])
        .expect_status(200);
    assert_eq!(introspect(&api, &access), json!({"active": false}));
    assert_eq!(party.userinfo(&access).status, 401);
    let _ = party
        .refresh(&tokens.field("refresh_token"))
        .expect_status(200);
}

#[test]
fn a_revoked_refresh_token_takes_its_access_tokens_with_it() {
    let server = &shared();
    let (party, api) = (
        public_client(server, "openid"),
        confidential_client(server, ""),
    );
    let tokens = party.redeem(&code(server, &party)).expect_status(200);
    let refresh = tokens.field("refresh_token");
    let _ = party
        .authenticated_post("/oauth2/revoke", &[("token", &refresh)])
        .expect_status(200);
    party.refresh(&refresh).expect_error(400, "invalid_grant");
    assert_eq!(
        introspect(&api, &tokens.field("access_token"))["active"],
        false
    );
}

#[test]
fn another_clients_revocation_does_nothing_and_says_nothing() {
    let server = &shared();
    let (party, other) = (
        public_client(server, "openid"),
        confidential_client(server, ""),
    );
    let tokens = party.redeem(&code(server, &party)).expect_status(200);
    let access = tokens.field("access_token");
    let _ = other
        .authenticated_post("/oauth2/revoke", &[("token", &access)])
        .expect_status(200);
    let _ = party.userinfo(&access).expect_status(200);
    let _ = other
        .authenticated_post("/oauth2/revoke", &[("token", "rubbish")])
        .expect_status(200);
}

#[test]
fn introspection_is_for_confidential_clients() {
    let server = &shared();
    let party = public_client(server, "openid");
    let tokens = party.redeem(&code(server, &party)).expect_status(200);
    let access = tokens.field("access_token");
    let asked = party.authenticated_post("/oauth2/introspect", &[("token", &access)]);
    asked.expect_error(401, "invalid_client");
    let url = format!("{}/oauth2/introspect", server.issuer);
    Http::default()
        .post_form(&url, &[], &[("token", &access)])
        .expect_error(401, "invalid_client");
    let api = confidential_client(server, "");
    assert_eq!(introspect(&api, "rubbish"), json!({"active": false}));
    assert_eq!(introspect(&api, &access)["active"], true);
}

#[test]
fn an_opaque_token_is_a_reference_that_only_we_can_read() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let client = json!({
        "client_id": "opaque-app",
        "client_name": "Opaque app",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
        "access_token_format": "opaque",
    });
    let made = administrator
        .post("/realms/default/clients", &client)
        .expect_status(201);
    let mut party = confidential_client(&server, "");
    party.client_id = "opaque-app".to_owned();
    party.client_secret = Some(made.field("client_secret"));
    let tokens = party
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);
    let access = tokens.field("access_token");
    assert!(
        access.starts_with("gl_at_") && !access.contains('.'),
        "{access}"
    );
    let api = confidential_client(&server, "");
    assert_eq!(introspect(&api, &access)["sub"], "opaque-app");
    let _ = party
        .authenticated_post("/oauth2/revoke", &[("token", &access)])
        .expect_status(200);
    assert_eq!(introspect(&api, &access), json!({"active": false}));
}
