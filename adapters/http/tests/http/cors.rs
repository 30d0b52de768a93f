//! Which web pages may read an answer.

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::house::{APP, Answer, CONSOLE, House};

const STRANGER: &str = "https://stranger.example";

fn allowed(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

fn preflight(path: &str, origin: &str) -> TestRequest {
    TestRequest::with_uri(path)
        .method(Method::OPTIONS)
        .insert_header(("origin", origin.to_owned()))
        .insert_header(("access-control-request-method", "POST"))
}

fn token_request(body: &'static str, origin: &str) -> TestRequest {
    TestRequest::post()
        .uri("/oauth2/token")
        .insert_header(("origin", origin.to_owned()))
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .set_payload(body)
}

#[actix_web::test]
async fn a_preflight_is_for_the_origins_of_every_client() {
    let house = House::auth().await;
    for path in ["/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke"] {
        for origin in [APP, CONSOLE] {
            let answer = house.ask(preflight(path, origin)).await;
            assert_eq!(answer.status, 204, "{path}");
            assert_eq!(allowed(&answer), Some(origin), "{path}");
            let methods = answer.header("access-control-allow-methods").unwrap();
            assert!(methods.contains("POST"), "{path}");
            let headers = answer.header("access-control-allow-headers").unwrap();
            assert!(headers.contains("authorization"), "{path}");
            assert!(answer.header("access-control-allow-credentials").is_none());
            assert_eq!(answer.header("vary"), Some("Origin"));
        }
        for origin in [STRANGER, "null"] {
            let answer = house.ask(preflight(path, origin)).await;
            assert_eq!(allowed(&answer), None, "{path}");
            assert!(answer.header("access-control-allow-methods").is_none());
        }
    }
    let introspection = house.ask(preflight("/oauth2/introspect", APP)).await;
    assert_eq!(allowed(&introspection), None);
}

#[actix_web::test]
async fn an_answer_is_for_the_origins_of_the_client_that_asked() {
    let house = House::auth().await;
    for (body, origin, readable) in [
        ("grant_type=x&client_id=app", APP, true),
        ("grant_type=x&client_id=app", CONSOLE, false),
        ("grant_type=x&client_id=backend", CONSOLE, true),
        (
            "grant_type=x&client_id=backend",
            "https://backend.example",
            true,
        ),
        ("grant_type=x&client_id=backend", APP, false),
        // Nobody is identified.
        ("grant_type=x&client_id=nobody", APP, true),
        ("grant_type=x&client_id=nobody", STRANGER, false),
        ("grant_type=%ff", CONSOLE, true),
        ("grant_type=%ff", STRANGER, false),
    ] {
        let answer = house.ask(token_request(body, origin)).await;
        assert_eq!(allowed(&answer).is_some(), readable, "{body} {origin}");
    }
}

#[actix_web::test]
async fn userinfo_is_for_the_origins_of_the_tokens_client() {
    let house = House::auth().await;
    let token = house.access_token("openid").await;
    for (token, origin, readable) in [
        (token.as_str(), APP, true),
        (token.as_str(), CONSOLE, false),
        ("nonsense", CONSOLE, true),
        ("nonsense", STRANGER, false),
    ] {
        let request = TestRequest::with_uri("/oauth2/userinfo")
            .insert_header(("origin", origin.to_owned()))
            .insert_header(("authorization", format!("Bearer {token}")));
        let answer = house.ask(request).await;
        assert_eq!(allowed(&answer).is_some(), readable, "{origin}");
    }
}

#[actix_web::test]
async fn public_documents_are_for_everybody() {
    let house = House::auth().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth2/jwks",
    ] {
        let request = TestRequest::with_uri(path).insert_header(("origin", STRANGER));
        assert_eq!(allowed(&house.ask(request).await), Some("*"), "{path}");
        let preflight = house.ask(preflight(path, STRANGER)).await;
        assert_eq!(allowed(&preflight), Some("*"), "{path}");
    }
}

#[actix_web::test]
async fn nothing_is_shared_on_the_admin_port() {
    let house = House::admin().await;
    for path in [
        "/oauth2/token",
        "/oauth2/jwks",
        "/.well-known/openid-configuration",
    ] {
        let answer = house.ask(preflight(path, APP)).await;
        assert_eq!(allowed(&answer), None, "{path}");
    }
    let request = token_request("grant_type=x&client_id=app", APP);
    assert_eq!(allowed(&house.ask(request).await), None);
    let request = TestRequest::with_uri("/oauth2/jwks").insert_header(("origin", APP));
    assert_eq!(allowed(&house.ask(request).await), None);
}
