//! The documents as they are served.

use actix_web::test::TestRequest;
use actix_web::web;
use gatelodge_http::HttpState;
use gatelodge_http::gate::Gate;
use gatelodge_http::quota::Quota;

use crate::house::{Answer, House};

fn with_docs(mut house: House) -> House {
    let state = &house.state;
    house.state = web::Data::new(HttpState {
        gate: Gate::default(),
        metrics: None,
        site: None,
        quota: Quota::new(0),
        listener: state.listener,
        transport: state.transport,
        authority: state.authority.clone(),
        base_path: state.base_path.clone(),
        trusted_proxies: state.trusted_proxies.clone(),
        demo: state.demo.clone(),
        docs: true,
        looks: state.looks.clone(),
        foundation: state.foundation.clone(),
        use_cases: state.use_cases.clone(),
    });
    house
}

async fn get(house: &House, path: &str) -> Answer {
    house.ask(TestRequest::with_uri(path)).await
}

#[actix_web::test]
async fn swagger_ui_is_served_without_inline_scripts() {
    let house = with_docs(House::admin().await);
    let redirect = get(&house, "/docs").await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (308, Some("/docs/"))
    );
    let page = get(&house, "/docs/").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "oauth2-redirect.html",
    ] {
        assert_eq!(
            get(&house, &format!("/docs/{file}")).await.status,
            200,
            "{file}"
        );
    }
    for markup in [page, get(&house, "/docs/oauth2-redirect.html").await] {
        let markup = String::from_utf8(markup.body).unwrap();
        let scripts = markup.matches("<script").count();
        assert_eq!(scripts, markup.matches("<script src=").count(), "{markup}");
    }
    let start = get(&house, "/docs/swagger-initializer.js").await.body;
    let start = String::from_utf8(start).unwrap();
    for part in [
        "../openapi.json",
        "gatelodge-docs",
        "usePkceWithAuthorizationCodeGrant",
    ] {
        assert!(start.contains(part), "{part}");
    }
    assert_eq!(get(&house, "/docs/nothing.js").await.status, 404);
}

#[actix_web::test]
async fn files_of_swagger_ui_are_kept_and_not_sent_twice() {
    let house = with_docs(House::auth().await);
    let path = "/docs/swagger-ui-bundle.js";
    let file = get(&house, path).await;
    let keep = Some("public, max-age=3600");
    assert_eq!((file.status, file.header("cache-control")), (200, keep));
    let etag = file.header("etag").unwrap().to_owned();
    let known = TestRequest::with_uri(path).insert_header(("if-none-match", etag.clone()));
    let again = house.ask(known).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), Some(etag.as_str()));
    assert_eq!(again.header("cache-control"), keep);
    let other = get(&house, "/docs/swagger-ui.css").await;
    assert_ne!(other.header("etag"), Some(etag.as_str()));
    for path in ["/docs/", "/docs/nothing.js"] {
        assert_ne!(
            get(&house, path).await.header("cache-control"),
            keep,
            "{path}"
        );
    }
}

#[actix_web::test]
async fn the_document_names_the_issuer_of_its_own_port() {
    for (house, issuer) in [
        (House::auth().await, "http://127.0.0.1:9040"),
        (House::admin().await, "http://127.0.0.1:9041"),
    ] {
        let house = with_docs(house);
        let document = get(&house, "/openapi.json").await.json();
        assert_eq!(document["servers"][0]["url"], issuer);
        let flow = &document["components"]["securitySchemes"]["bearer"]["flows"];
        let token = flow["authorizationCode"]["tokenUrl"].as_str();
        assert_eq!(token, Some(format!("{issuer}/oauth2/token").as_str()));
    }
}

#[actix_web::test]
async fn documents_that_are_switched_off_are_not_there() {
    let house = House::auth().await;
    for path in ["/docs", "/docs/", "/docs/swagger-ui.css", "/openapi.json"] {
        assert_eq!(get(&house, path).await.status, 404, "{path}");
    }
}
