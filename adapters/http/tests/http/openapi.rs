//! The committed documents are those of the code.

use std::path::PathBuf;

use gatelodge_http::docs::{admin_openapi, auth_openapi, to_json};
use utoipa::openapi::OpenApi;

#[expect(
    clippy::disallowed_methods,
    reason = "the variable is the developer's wish, not configuration"
)]
fn compare(name: &str, document: &OpenApi) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../openapi")
        .join(name);
    let made = to_json(document).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "openapi/{name} differs from the code; UPDATE_GOLDEN=1 rewrites it"
    );
}

#[test]
fn the_committed_document_of_the_auth_port_is_that_of_the_code() {
    compare("auth.json", &auth_openapi());
}

#[test]
fn the_committed_document_of_the_admin_port_is_that_of_the_code() {
    compare("admin.json", &admin_openapi());
}

#[test]
fn every_operation_says_what_it_is_and_what_it_answers() {
    for document in [auth_openapi(), admin_openapi()] {
        let document = serde_json::to_value(&document).unwrap();
        let mut names = std::collections::BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let place = format!("{method} {path}");
                let name = operation["operationId"].as_str().unwrap_or_default();
                assert!(
                    names.insert(name.to_owned()),
                    "{place}: `{name}` comes twice"
                );
                assert!(operation["summary"].is_string(), "{place} has no summary");
                let responses = operation["responses"].as_object().unwrap();
                assert!(!responses.is_empty(), "{place} answers nothing");
                let parameters = operation["parameters"].as_array();
                let described = path.matches('{').count();
                let all = parameters.into_iter().flatten();
                let in_path = all.filter(|one| one["in"] == "path").count();
                assert_eq!(in_path, described, "{place}: parameters");
                if path.starts_with("/admin/v1") {
                    let scopes = &operation["security"][0]["bearer"];
                    assert!(scopes[0].is_string(), "{place} names no scope");
                    for status in ["401", "403"] {
                        assert!(responses.contains_key(status), "{place} has no {status}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    for document in [auth_openapi(), admin_openapi()] {
        let text = serde_json::to_string(&document).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}

/// Parts of an `allOf` refuse each other's members where one is closed, and generated clients
/// make a type of each part.
#[test]
fn every_schema_is_one_object_and_patches_require_nothing() {
    for document in [auth_openapi(), admin_openapi()] {
        let document = serde_json::to_value(&document).unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            assert!(!schema.to_string().contains("\"allOf\""), "{name}");
            if name.ends_with("Patch") {
                assert!(schema.get("required").is_none(), "{name}");
                assert_eq!(schema["additionalProperties"], false, "{name}");
            }
            if name.ends_with("Answer") {
                assert!(schema.get("additionalProperties").is_none(), "{name}");
            }
        }
    }
}
