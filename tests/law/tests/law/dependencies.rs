//! Rooms name only the rooms that they may.

use std::process::Command;

use gatelodge_law::repository::root;
use gatelodge_law::rooms::breaches;
use serde_json::{Value, json};

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

#[test]
fn every_crate_depends_only_on_what_its_room_may_know() {
    let breaches = breaches(&metadata());
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// `cargo run` alone, which the README begins with, must know what to run.
#[test]
fn one_crate_alone_says_what_runs_by_default() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let defaults: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["default_run"].as_str())
        .collect();
    assert_eq!(defaults, ["gatelodge"]);
}

#[test]
fn a_forbidden_dependency_of_any_kind_is_found() {
    for (room, other, kind) in [
        ("gatelodge-domain", "serde", Value::Null),
        ("gatelodge-domain", "gatelodge-ports", json!("dev")),
        ("gatelodge-usecases", "gatelodge-http", Value::Null),
        ("gatelodge-usecases", "tokio", Value::Null),
        ("gatelodge-domain", "tracing", Value::Null),
        ("gatelodge-ports", "tracing", Value::Null),
        ("gatelodge-usecases", "tracing", Value::Null),
        ("gatelodge-usecases", "gatelodge-telemetry", Value::Null),
        ("gatelodge-crypto", "gatelodge-telemetry", Value::Null),
        ("gatelodge-usecases", "sea-orm", json!("dev")),
        ("gatelodge-http", "gatelodge-store-memory", Value::Null),
        ("gatelodge-http", "rusqlite", Value::Null),
        ("gatelodge-store-memory", "gatelodge-usecases", json!("dev")),
        ("gatelodge-store-sea-orm", "actix-web", Value::Null),
        ("gatelodge-crypto", "cc", json!("build")),
        ("xtask", "serde_json", Value::Null),
    ] {
        let mut metadata = metadata();
        let packages = metadata["packages"].as_array_mut().expect("packages");
        let package = packages
            .iter_mut()
            .find(|package| package["name"] == room)
            .unwrap_or_else(|| panic!("{room} is in the workspace"));
        let dependencies = package["dependencies"]
            .as_array_mut()
            .expect("dependencies");
        dependencies.push(json!({ "name": other, "kind": kind }));
        let found = breaches(&metadata);
        assert!(
            found
                .iter()
                .any(|line| line.starts_with(&format!("{room} may not depend on {other}"))),
            "{room} -> {other} ({kind}) went unnoticed: {found:?}"
        );
    }
}

#[test]
fn a_crate_without_a_row_is_found() {
    let found = breaches(&json!({ "packages": [{ "name": "newcomer", "dependencies": [] }] }));
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("newcomer has no row")),
        "{found:?}"
    );
}
