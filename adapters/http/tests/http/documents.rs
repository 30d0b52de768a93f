//! Documents that others may keep.

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::house::House;

#[actix_web::test]
async fn the_same_document_is_not_sent_twice() {
    let house = House::auth().await;
    for path in ["/oauth2/jwks", "/.well-known/openid-configuration"] {
        let first = house.ask(TestRequest::with_uri(path)).await;
        assert_eq!(first.status, 200);
        assert_eq!(first.header("content-type"), Some("application/json"));
        let lifetime = first.header("cache-control");
        assert_eq!(lifetime, Some("public, max-age=300"), "{path}");
        let etag = first.header("etag").unwrap().to_owned();
        for known in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
            let request = TestRequest::with_uri(path).insert_header(("if-none-match", known));
            let again = house.ask(request).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            assert_eq!(again.header("etag"), Some(etag.as_str()));
        }
        let request = TestRequest::with_uri(path).insert_header(("if-none-match", "\"x\""));
        assert_eq!(house.ask(request).await.status, 200);
    }
}

#[actix_web::test]
async fn a_head_is_answered_like_a_get() {
    let house = House::auth().await;
    for path in [
        "/oauth2/jwks",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        let get = house.ask(TestRequest::with_uri(path)).await;
        let head = || TestRequest::with_uri(path).method(Method::HEAD);
        let answer = house.ask(head()).await;
        assert_eq!(answer.status, 200, "{path}");
        for name in ["etag", "cache-control", "content-type"] {
            assert_eq!(answer.header(name), get.header(name), "{path}: {name}");
        }
        let known = ("if-none-match", get.header("etag").unwrap());
        assert_eq!(house.ask(head().insert_header(known)).await.status, 304);
        let post = house.ask(TestRequest::post().uri(path)).await;
        let allow = post.header("allow");
        assert_eq!((post.status, allow), (405, Some("GET, HEAD, OPTIONS")));
    }
    let nowhere = "/.well-known/oauth-authorization-server/realms/nowhere";
    let head = TestRequest::with_uri(nowhere).method(Method::HEAD);
    assert_eq!(house.ask(head).await.status, 404);
}

#[actix_web::test]
async fn both_forms_of_discovery_name_the_issuer() {
    let house = House::auth().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        let document = house.ask(TestRequest::with_uri(path)).await.json();
        assert_eq!(document["issuer"], "http://127.0.0.1:9040", "{path}");
    }
    for path in [
        "/.well-known/oauth-authorization-server/realms/nowhere",
        "/.well-known/oauth-authorization-server/realms/default",
        "/.well-known/oauth-authorization-server/realms/system",
        "/realms/system/.well-known/openid-configuration",
        "/realms/system/oauth2/jwks",
    ] {
        let answer = house.ask(TestRequest::with_uri(path)).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn no_private_part_is_in_the_jwks() {
    let house = House::auth().await;
    let keys = house.ask(TestRequest::with_uri("/oauth2/jwks")).await;
    let keys = keys.json();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        assert!(keys[0].get(member).is_none(), "{member}");
    }
    assert_eq!(keys[0]["alg"], "ES256");
}
