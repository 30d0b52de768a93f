//! Methods that a path does not have.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use gatelodge_http::docs::{admin_openapi, auth_openapi};

use crate::house::House;

#[actix_web::test]
async fn a_method_that_a_path_does_not_have_is_405_and_told_which_it_has() {
    for (house, document) in [
        (House::auth().await, auth_openapi()),
        (House::admin().await, admin_openapi()),
    ] {
        let document = serde_json::to_value(&document).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            // Before the admin API asks for anything else it asks for a token.
            if path.starts_with("/admin/v1") {
                continue;
            }
            let path = path.replace("/{realm}", "/acme").replace(['{', '}'], "");
            let request = TestRequest::with_uri(&path).method(Method::TRACE);
            let answer = house.ask(request).await;
            assert_eq!(answer.status, 405, "{path}");
            let allow = answer.header("allow").unwrap_or_default();
            for method in item.as_object().unwrap().keys() {
                let method = method.to_ascii_uppercase();
                assert!(allow.contains(&method), "{path}: {allow}");
            }
        }
    }
}
