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

/// Programs that are made from the document offer these words and refuse others by themselves.
#[test]
fn a_parameter_that_takes_a_few_words_lists_them() {
    let document = serde_json::to_value(admin_openapi()).unwrap();
    let mut listed = Vec::new();
    for operations in document["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (schema, name) = (&parameter["schema"], &parameter["name"]);
                if let Some(words) = schema["enum"].as_array() {
                    let id = operation["operationId"].as_str().unwrap();
                    listed.push(format!("{id}.{} {}", name.as_str().unwrap(), words.len()));
                }
                let pattern = schema["pattern"].as_str().unwrap_or_default();
                let inner = pattern
                    .strip_prefix("^(")
                    .and_then(|it| it.strip_suffix(")$"));
                let letter = |it: u8| it.is_ascii_lowercase() || b"_-|".contains(&it);
                let only_words = inner.is_some_and(|it| it.bytes().all(letter));
                assert!(!only_words, "{name}: list the words of {pattern}");
            }
        }
    }
    listed.sort_unstable();
    let outcomes = [
        "export_audit",
        "export_realm_audit",
        "list_audit",
        "list_realm_audit",
    ];
    let mut expected: Vec<String> = outcomes
        .into_iter()
        .chain(["stream_audit", "stream_realm_audit"])
        .map(|id| format!("{id}.outcome 2"))
        .chain(["import_users.on_conflict 3", "list_clients.grant_type 9"].map(str::to_owned))
        .chain(["list_clients.origin 3", "list_users.sort 4"].map(str::to_owned))
        .chain(["list_users.status 5".to_owned()])
        .collect();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

/// Clients are named after these in every language, so the same is called the same.
#[test]
fn what_is_read_made_and_changed_is_called_so_everywhere() {
    let document = serde_json::to_value(admin_openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/admin/v1") {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let verb = id.split('_').next().unwrap();
            let makes = operation["responses"].get("201").is_some();
            let expected: &[&str] = match method.as_str() {
                "get" => &["list", "read", "check", "export", "stream", "verify"],
                "patch" => &["update"],
                "post" if makes => &["create"],
                _ => continue,
            };
            assert!(expected.contains(&verb), "{method} {path}: {id}");
        }
    }
}
