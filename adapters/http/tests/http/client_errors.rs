//! Answers to what clients get wrong, and right.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::house::{House, SECRET};

fn post(path: &str, body: impl Into<actix_web::web::Bytes>) -> TestRequest {
    TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .set_payload(body)
}

fn basic(client_id: &str, secret: &str) -> (&'static str, String) {
    let credentials = STANDARD.encode(format!("{client_id}:{secret}"));
    ("authorization", format!("Basic {credentials}"))
}

const TOKEN: &str = "/oauth2/token";

#[actix_web::test]
async fn tokens_are_answered_as_json_that_nobody_keeps() {
    let house = House::auth().await;
    let request = post(TOKEN, "grant_type=client_credentials&scope=profile")
        .insert_header(basic("backend", SECRET));
    let answer = house.ask(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 900);
    assert_eq!(tokens["scope"], "profile");
    assert!(tokens.get("refresh_token").is_none());
}

#[actix_web::test]
async fn a_client_that_proves_nothing_is_told_how() {
    let house = House::auth().await;
    for path in [TOKEN, "/oauth2/revoke", "/oauth2/introspect"] {
        let wrong = post(path, "grant_type=client_credentials&token=t")
            .insert_header(basic("backend", "wrong"));
        for request in [wrong, post(path, "grant_type=x&token=t")] {
            let answer = house.ask(request).await;
            assert_eq!(answer.status, 401, "{path}");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Basic realm="), "{challenge}");
            assert_eq!(answer.json()["error"], "invalid_client", "{path}");
        }
    }
}

#[actix_web::test]
async fn what_is_no_form_is_an_invalid_request() {
    let house = House::auth().await;
    let json = TestRequest::post()
        .uri(TOKEN)
        .insert_header(("content-type", "application/json"))
        .set_payload("{}");
    let long = format!("grant_type={}", "x".repeat(10 * 1024 * 1024));
    for request in [
        json,
        TestRequest::post().uri(TOKEN).set_payload("grant_type=x"),
        post(TOKEN, "grant_type=%ff"),
        post(TOKEN, &b"grant_type=\xff"[..]),
        post(TOKEN, long),
        post(TOKEN, "client_id=app&grant_type=a&grant_type=b"),
        post(TOKEN, "client_id=app&grant_type=a%00"),
        post(TOKEN, "client_id=app"),
    ] {
        let answer = house.ask(request).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["error"], "invalid_request");
    }
}

#[actix_web::test]
async fn another_method_is_told_which_there_is() {
    let house = House::auth().await;
    for (path, methods) in [
        (TOKEN, "POST, OPTIONS"),
        ("/oauth2/revoke", "POST, OPTIONS"),
        ("/oauth2/introspect", "POST, OPTIONS"),
        ("/oauth2/userinfo", "GET, POST, OPTIONS"),
        ("/oauth2/jwks", "GET, HEAD, OPTIONS"),
        ("/.well-known/openid-configuration", "GET, HEAD, OPTIONS"),
    ] {
        let request = TestRequest::with_uri(path).method(Method::DELETE);
        let answer = house.ask(request).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), Some(methods), "{path}");
    }
    let get = house.ask(TestRequest::with_uri(TOKEN)).await;
    assert_eq!(get.status, 405);
}

#[actix_web::test]
async fn introspection_tells_a_token_and_revocation_ends_it() {
    let house = House::auth().await;
    let token = house.access_token("openid").await;
    let ask = || {
        post("/oauth2/introspect", format!("token={token}")).insert_header(basic("backend", SECRET))
    };
    let told = house.ask(ask()).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.json()["active"], true);
    assert_eq!(told.json()["client_id"], "app");
    let revoke = post("/oauth2/revoke", format!("client_id=app&token={token}"));
    let revoked = house.ask(revoke).await;
    assert_eq!((revoked.status, revoked.body.len()), (200, 0));
    let told = house.ask(ask()).await;
    assert_eq!(told.json(), serde_json::json!({ "active": false }));
}
