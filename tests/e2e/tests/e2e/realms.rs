//! Realms are islands: own issuer, keys, people and clients; `system` is on the admin port only.

use gatelodge_testkit::client::encode_form;
use gatelodge_testkit::relying_party::{parameter, redirect_parameters};
use gatelodge_testkit::{Administrator, Browser, Http, Jwt, RelyingParty, Server};
use serde_json::json;

use crate::story::{code, confidential_client, public_client};

const PASSWORD: &str = "a password of the second realm";

/// A server with a second realm `acme`, a person and a public client in it.
fn with_second_realm() -> (Server, Administrator, RelyingParty) {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let realm = json!({"slug": "acme", "name": "Acme"});
    let _ = administrator.post("/realms", &realm).expect_status(201);
    let user = json!({"username": "bob", "password": PASSWORD});
    let _ = administrator
        .post("/realms/acme/users", &user)
        .expect_status(201);
    let redirect_uri = "http://127.0.0.1/callback";
    let client = json!({
        "client_id": "acme-app",
        "client_name": "Acme app",
        "application_type": "native",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "openid profile offline_access",
    });
    let _ = administrator
        .post("/realms/acme/clients", &client)
        .expect_status(201);
    let issuer = format!("{}/realms/acme", server.issuer);
    let client = json!({"client_id": "acme-app", "redirect_uri": redirect_uri});
    let party = RelyingParty::new(&issuer, &client, "openid");
    (server, administrator, party)
}

#[test]
fn a_second_realm_has_its_own_issuer_keys_people_and_clients() {
    let (server, _, acme) = with_second_realm();
    let http = Http::default();
    let discover = |issuer: &str| {
        http.get(&format!("{issuer}/.well-known/openid-configuration"), &[])
            .expect_status(200)
            .json()
    };
    assert_eq!(discover(&acme.issuer)["issuer"], acme.issuer.as_str());
    assert_eq!(discover(&server.issuer)["issuer"], server.issuer.as_str());
    let keys = |issuer: &str| http.get(&format!("{issuer}/oauth2/jwks"), &[]).text();
    assert_ne!(keys(&acme.issuer), keys(&server.issuer));

    let code_of_acme = acme.code(&mut Browser::new(), "bob", PASSWORD);
    let tokens = acme.redeem(&code_of_acme).expect_status(200);
    let access = tokens.field("access_token");
    assert_eq!(Jwt::parse(&access).claim("iss"), acme.issuer);
    let _ = acme.userinfo(&access).expect_status(200);

    // A token, a code and a refresh token of one realm open nothing in another.
    let default = public_client(&server, "openid");
    assert_eq!(default.userinfo(&access).status, 401);
    let mut stranger = acme.clone();
    stranger.issuer.clone_from(&server.issuer);
    stranger
        .refresh(&tokens.field("refresh_token"))
        .expect_error(401, "invalid_client");
    let own = default.redeem(&code(&server, &default)).expect_status(200);
    assert_eq!(acme.userinfo(&own.field("access_token")).status, 401);
    let api = confidential_client(&server, "");
    let seen = api.authenticated_post("/oauth2/introspect", &[("token", &access)]);
    assert_eq!(seen.json(), json!({"active": false}));
    let _ = acme
        .refresh(&tokens.field("refresh_token"))
        .expect_status(200);
}

#[test]
fn system_cannot_be_reached_on_the_auth_port_by_any_spelling() {
    let server = Server::demo();
    let http = Http::default();
    let document = ".well-known/openid-configuration";
    for segment in [
        "system",
        "System",
        "SYSTEM",
        "%73ystem",
        "s%79stem",
        "system%2f",
        "./system",
        "default",
        "x/../system",
        "system%00",
        "%2e%2e/system",
    ] {
        let url = format!("{}/realms/{segment}/{document}", server.issuer);
        let answer = http.get(&url, &[]);
        assert!(answer.status >= 400, "{segment}: {}", answer.text());
    }
    let on_admin = http
        .get(&format!("{}/{document}", server.admin_url), &[])
        .expect_status(200);
    assert_eq!(on_admin.json()["issuer"], server.admin_url.as_str());
    for segment in ["default", "system", "acme"] {
        let url = format!("{}/realms/{segment}/{document}", server.admin_url);
        assert_eq!(http.get(&url, &[]).status, 404, "{segment}");
    }
    assert_eq!(
        http.get(&format!("{}/admin/v1/realms", server.issuer), &[])
            .status,
        404
    );
}

#[test]
fn neither_port_accepts_the_others_tokens() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let party = public_client(&server, "openid");
    let tokens = party.redeem(&code(&server, &party)).expect_status(200);
    let access = tokens.field("access_token");
    assert_eq!(administrator.bearing(&access).get("/realms").status, 401);
    assert_eq!(party.userinfo(&administrator.token).status, 401);
    let _ = administrator.get("/realms").expect_status(200);
    let _ = party.userinfo(&access).expect_status(200);
}

#[test]
fn a_deleted_realm_is_gone_at_once_and_its_rows_follow() {
    let (server, administrator, acme) = with_second_realm();
    let _ = administrator.delete("/realms/acme").expect_status(202);
    let document = format!("{}/.well-known/openid-configuration", acme.issuer);
    assert_eq!(Http::default().get(&document, &[]).status, 404);
    for slug in ["default", "system"] {
        assert_eq!(
            administrator.delete(&format!("/realms/{slug}")).status,
            409,
            "{slug}"
        );
    }
    let party = public_client(&server, "openid");
    let _ = party.redeem(&code(&server, &party)).expect_status(200);
}

/// Every endpoint that takes a token of a realm, with the same thing from another realm and
/// from the admin port: refused, and taken where it belongs.
#[test]
fn a_token_of_one_realm_opens_nothing_in_another() {
    let (server, administrator, acme) = with_second_realm();
    let http = Http::default();
    let code_of_acme = acme.code(&mut Browser::new(), "bob", PASSWORD);

    // A code, presented elsewhere by a client of the same name, stays good at home.
    let twin = json!({
        "client_id": "acme-app",
        "client_name": "A namesake",
        "application_type": "native",
        "redirect_uris": [acme.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "openid",
    });
    let _ = administrator
        .post("/realms/default/clients", &twin)
        .expect_status(201);
    let mut namesake = acme.clone();
    namesake.issuer.clone_from(&server.issuer);
    namesake
        .redeem(&code_of_acme)
        .expect_error(400, "invalid_grant");
    let tokens = acme.redeem(&code_of_acme).expect_status(200);

    // A refresh token.
    let refresh = tokens.field("refresh_token");
    namesake
        .refresh(&refresh)
        .expect_error(400, "invalid_grant");
    let tokens = acme.refresh(&refresh).expect_status(200);
    let access = tokens.field("access_token");

    // An access token, at every endpoint that takes one.
    let bearer = format!("Bearer {access}");
    let of_admin = format!("Bearer {}", administrator.token);
    let at = |method: &str, base: &str, path: &str, bearer: &str| {
        http.send(
            method,
            &format!("{base}{path}"),
            &[("authorization", bearer)],
            b"",
        )
        .status
    };
    for method in ["GET", "POST"] {
        assert_eq!(
            at(method, &acme.issuer, "/oauth2/userinfo", &bearer),
            200,
            "{method}"
        );
        assert_eq!(
            at(method, &server.issuer, "/oauth2/userinfo", &bearer),
            401,
            "{method}"
        );
        assert_eq!(
            at(method, &server.admin_url, "/oauth2/userinfo", &bearer),
            401,
            "{method}"
        );
        assert_eq!(
            at(method, &acme.issuer, "/oauth2/userinfo", &of_admin),
            401,
            "{method}"
        );
        assert_eq!(
            at(method, &server.admin_url, "/oauth2/userinfo", &of_admin),
            200,
            "{method}"
        );
    }
    for path in ["/realms", "/realms/acme/users", "/realms/default/clients"] {
        let path = format!("/admin/v1{path}");
        assert_eq!(at("GET", &server.admin_url, &path, &bearer), 401, "{path}");
        assert_eq!(
            at("GET", &server.admin_url, &path, &of_admin),
            200,
            "{path}"
        );
    }

    // Introspection and revocation: by another realm's client, and of another realm's token.
    let api = confidential_client(&server, "");
    let mut api_at_acme = api.clone();
    api_at_acme.issuer.clone_from(&acme.issuer);
    let ask = [("token", access.as_str())];
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        api_at_acme
            .authenticated_post(path, &ask)
            .expect_error(401, "invalid_client");
        let _ = api.authenticated_post(path, &ask).expect_status(200);
    }
    let _ = acme.userinfo(&access).expect_status(200);

    // A revocation at home is seen.
    let _ = acme
        .authenticated_post("/oauth2/revoke", &ask)
        .expect_status(200);
    assert_eq!(acme.userinfo(&access).status, 401);
}

#[test]
fn a_sign_in_to_one_realm_is_none_to_another() {
    let (server, _, acme) = with_second_realm();
    let default = public_client(&server, "openid");
    let mut bob = Browser::new();
    let parameters = acme.sign_in(&mut bob, "bob", PASSWORD, &[]);
    let tokens = acme
        .redeem(parameter(&parameters, "code").unwrap())
        .expect_status(200);
    let access = tokens.field("access_token");

    // A browser sign-in.
    let silent = bob.open(&default.authorize_url(&[("prompt", "none")]));
    assert_eq!(
        parameter(&redirect_parameters(&silent), "error"),
        Some("login_required")
    );
    let silent = bob.open(&acme.authorize_url(&[("prompt", "none")]));
    assert!(parameter(&redirect_parameters(&silent), "code").is_some());

    // A hint to sign out.
    let query = encode_form(&[
        ("id_token_hint", tokens.field("id_token").as_str()),
        ("client_id", "acme-app"),
    ]);
    let elsewhere = bob.open(&format!("{}/oauth2/logout?{query}", server.issuer));
    assert_ne!(elsewhere.status, 303, "{}", elsewhere.text());
    let _ = acme.userinfo(&access).expect_status(200);
    let _ = bob.open(&format!("{}/oauth2/logout?{query}", acme.issuer));
    assert_eq!(acme.userinfo(&access).status, 401, "at home it signs out");
}
