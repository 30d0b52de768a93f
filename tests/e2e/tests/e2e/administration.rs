//! The admin API: create, read, list, update, delete; and who may.

use gatelodge_testkit::relying_party::{parameter, redirect_parameters};
use gatelodge_testkit::{Administrator, Browser, Http, Server};
use serde_json::{Value, json};

use crate::story::{confidential_client, person, public_client};

#[test]
fn every_documented_operation_refuses_strangers_with_one_answer_and_serves_administrators() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let http = Http::default();
    let document = http
        .get(&format!("{}/openapi.json", server.admin_url), &[])
        .json();
    let auth_token = {
        let party = confidential_client(&server, "");
        party
            .token(&[("grant_type", "client_credentials")])
            .expect_status(200)
            .field("access_token")
    };
    let mut seen: Option<Value> = None;
    let mut walked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/admin/") {
            continue;
        }
        for method in operations.as_object().unwrap().keys() {
            if !["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let url = format!("{}{}", server.admin_url, filled(path));
            for token in [None, Some("rubbish"), Some(auth_token.as_str())] {
                let authorization = token.map(|token| format!("Bearer {token}"));
                let headers: Vec<(&str, &str)> = authorization
                    .iter()
                    .map(|value| ("authorization", value.as_str()))
                    .collect();
                let method = method.to_uppercase();
                let answer = http.json(&method, &url, &headers, &json!({}));
                assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text());
                let challenge = answer.header("www-authenticate").unwrap();
                assert_eq!(
                    challenge.contains("invalid_token"),
                    token.is_some(),
                    "{challenge}"
                );
                let mut body = answer.json();
                // What differs from request to request is the request's id and nothing else.
                body.as_object_mut().unwrap().retain(|name, _| {
                    ["type", "title", "status", "detail"].contains(&name.as_str())
                });
                assert_eq!(seen.get_or_insert(body.clone()), &body, "{method} {path}");
            }
            // Its positive twin gets past the guard, to whatever that body deserves.
            let bearer = format!("Bearer {}", administrator.token);
            let headers = [("authorization", bearer.as_str())];
            let answer = http.json(&method.to_uppercase(), &url, &headers, &json!({}));
            let refused = [401, 403, 405, 500].contains(&answer.status);
            assert!(
                !refused,
                "{method} {path}: {} {}",
                answer.status,
                answer.text()
            );
            walked += 1;
        }
    }
    assert!(walked > 25, "only {walked} operations are documented");
    let _ = administrator.get("/realms").expect_status(200);
}

/// A path with something in every placeholder.
fn filled(path: &str) -> String {
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        filled.push('/');
        filled.push_str(match part {
            "{realm}" => "default",
            part if part.starts_with('{') => "aaaaaaaaaaaaaaaaaaaaaaaaaa",
            part => part,
        });
    }
    filled
}

#[test]
fn an_administrator_without_the_scope_gets_one_403_whether_the_target_exists_or_not() {
    let server = Server::demo();
    let reader = Administrator::with_scope(&server, "openid users:read");
    let _ = reader.get("/realms/default/users").expect_status(200);
    let body = json!({"username": "eve", "password": "a long enough password"});
    let refused = reader.post("/realms/default/users", &body);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .contains("insufficient_scope")
    );
    let missing = reader.delete("/realms/default/users/aaaaaaaaaaaaaaaaaaaaaaaaaa");
    let no_realm = reader.delete("/realms/nowhere/users/aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!((missing.status, no_realm.status), (403, 403));
    let administrator = Administrator::of(&server);
    let _ = administrator
        .post("/realms/default/users", &body)
        .expect_status(201);
}

#[test]
fn a_user_lives_from_creation_to_deletion() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let body = json!({
        "username": "grace", "email": "grace@example.org", "password": "a long enough password",
        "profile": {"name": "Grace Hopper"},
    });
    let made = administrator
        .post("/realms/default/users", &body)
        .expect_status(201);
    let path = format!("/realms/default/users/{}", made.field("id"));
    assert_eq!(
        administrator.post("/realms/default/users", &body).status,
        409
    );
    assert!(!made.text().contains("long enough"));

    let party = public_client(&server, "openid");
    let code = party.code(&mut Browser::new(), "grace", "a long enough password");
    let tokens = party.redeem(&code).expect_status(200);
    let _ = party
        .userinfo(&tokens.field("access_token"))
        .expect_status(200);

    let etag = administrator.get(&path).header("etag").unwrap().to_owned();
    let _ = administrator
        .patch(
            &path,
            &json!({"profile": {"name": "Rear Admiral Grace Hopper"}}),
        )
        .expect_status(200);
    let stale = administrator.patch_at(&path, &etag, &json!({"profile": {"name": "late"}}));
    assert_eq!(stale.status, 412, "{}", stale.text());

    let _ = administrator
        .patch(&path, &json!({"status": "deactivated"}))
        .expect_status(200);
    assert_eq!(party.userinfo(&tokens.field("access_token")).status, 401);
    party
        .refresh(&tokens.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    let _ = administrator
        .patch(&path, &json!({"status": "active"}))
        .expect_status(200);
    let _ = party.code(&mut Browser::new(), "grace", "a long enough password");

    let _ = administrator.delete(&path).expect_status(204);
    assert_eq!(administrator.get(&path).status, 404);
}

#[test]
fn lists_go_on_past_every_page() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    for number in 0..120 {
        let client = json!({
            "client_id": format!("machine-{number:03}"),
            "client_name": "A machine",
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "response_types": [],
            "token_endpoint_auth_method": "client_secret_basic",
        });
        let _ = administrator
            .post("/realms/default/clients", &client)
            .expect_status(201);
    }
    let (mut cursor, mut found, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let path = format!("/realms/default/clients?limit=50{cursor}");
        let page = administrator.get(&path).expect_status(200).json();
        found.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["client_id"].clone()),
        );
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let machines = found
        .iter()
        .filter(|id| id.as_str().unwrap().starts_with("machine-"))
        .count();
    assert_eq!(machines, 120);
    assert!(pages >= 3, "{pages}");
    let distinct: std::collections::BTreeSet<_> = found.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), found.len(), "nothing is listed twice");
}

#[test]
fn a_clients_secret_is_rotated_with_an_overlap_and_shown_once() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let client = json!({
        "client_id": "rotating",
        "client_name": "Rotating",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
    });
    let made = administrator
        .post("/realms/default/clients", &client)
        .expect_status(201);
    let mut party = confidential_client(&server, "");
    party.client_id = "rotating".to_owned();
    party.client_secret = Some(made.field("client_secret"));
    let form = [("grant_type", "client_credentials")];
    let _ = party.token(&form).expect_status(200);
    let again = administrator
        .get("/realms/default/clients/rotating")
        .expect_status(200);
    assert!(again.json()["client_secret"].is_null());

    let path = "/realms/default/clients/rotating/secrets";
    let second = administrator.post(path, &json!({})).expect_status(201);
    let mut renewed = party.clone();
    renewed.client_secret = Some(second.field("client_secret"));
    let _ = renewed.token(&form).expect_status(200);
    let _ = party.token(&form).expect_status(200);
    let weak = administrator.post(path, &json!({"client_secret": "too short"}));
    assert_eq!(weak.status, 422, "{}", weak.text());
    assert!(weak.text().contains("openssl rand"), "{}", weak.text());

    let disabled = json!({"enabled": false});
    let _ = administrator
        .patch("/realms/default/clients/rotating", &disabled)
        .expect_status(200);
    renewed.token(&form).expect_error(401, "invalid_client");
}

#[test]
fn a_session_ended_by_an_administrator_is_over() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let party = public_client(&server, "openid");
    let (username, password) = person(&server);
    let mut browser = Browser::new();
    let _ = party.sign_in(&mut browser, username, password, &[]);
    let sessions = administrator
        .get("/realms/default/sessions")
        .expect_status(200)
        .json();
    let id = sessions["items"][0]["id"].as_str().unwrap().to_owned();
    let _ = administrator
        .delete(&format!("/realms/default/sessions/{id}"))
        .expect_status(204);
    let again = browser.open(&party.authorize_url(&[("prompt", "none")]));
    assert_eq!(
        parameter(&redirect_parameters(&again), "error"),
        Some("login_required")
    );
}

#[test]
fn a_rotated_key_signs_and_the_old_one_still_verifies() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let http = Http::default();
    let jwks = || {
        http.get(&format!("{}/oauth2/jwks", server.issuer), &[])
            .json()
    };
    let party = confidential_client(&server, "");
    let token = || {
        let answer = party
            .token(&[("grant_type", "client_credentials")])
            .expect_status(200);
        answer.field("access_token")
    };
    let active = |token: &str| {
        party
            .authenticated_post("/oauth2/introspect", &[("token", token)])
            .json()["active"]
            .clone()
    };
    let old = token();
    let rotated = administrator.post(
        "/realms/default/keys/rotations",
        &json!({"alg": "ES256", "at_once": true}),
    );
    assert!(rotated.status < 300, "{}", rotated.text());
    let new = token();
    let kid = |token: &str| gatelodge_testkit::Jwt::parse(token).header["kid"].clone();
    assert_ne!(kid(&old), kid(&new));
    assert_eq!((active(&old), active(&new)), (json!(true), json!(true)));
    let listed = jwks()["keys"].as_array().unwrap().clone();
    for token in [&old, &new] {
        assert!(listed.iter().any(|key| key["kid"] == kid(token)));
    }
    let body = json!({"alg": "ES256", "compromised": true});
    let dropped = administrator.post("/realms/default/keys/rotations", &body);
    assert!(dropped.status < 300, "{}", dropped.text());
    assert_eq!((active(&old), active(&new)), (json!(false), json!(false)));
    assert_eq!(active(&token()), json!(true));
}
