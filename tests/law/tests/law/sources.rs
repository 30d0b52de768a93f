//! What every source file owes its reader.

use gatelodge_law::repository::{files, files_with_extension};

/// Crates that the inner rooms must not even speak of, in code. (Cargo.toml is held by the
/// table of rooms; this also finds a path that came in by a re-export.)
const FRAMEWORKS: [&str; 14] = [
    "actix_web",
    "argon2",
    "askama",
    "axum",
    "chrono",
    "clap",
    "jsonwebtoken",
    "openssl",
    "rusqlite",
    "sea_orm",
    "sqlx",
    "tracing_subscriber",
    "ureq",
    "utoipa",
];

#[test]
fn every_module_opens_by_saying_what_it_is() {
    let silent: Vec<String> = files_with_extension("", "rs")
        .expect("the repository is readable")
        .into_iter()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| format!("{} does not open with `//!`", file.path))
        .collect();
    assert!(silent.is_empty(), "\n{}", silent.join("\n"));
}

#[test]
fn the_inner_rooms_name_no_framework() {
    let mut found = named("domain", &FRAMEWORKS);
    found.extend(named(
        "domain",
        &["serde", "serde_json", "tokio", "tracing"],
    ));
    found.extend(named("application", &FRAMEWORKS));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn nothing_names_a_place_on_somebodys_machine() {
    // Written in two halves, so that this file does not find itself.
    let places = [
        concat!("/wo", "rk/"),
        concat!("/tmp/tar", "get"),
        concat!("/home/", "runner"),
        concat!("/Us", "ers/"),
    ];
    let mut found = Vec::new();
    for file in files("").expect("the repository is readable") {
        for (number, line) in file.text.lines().enumerate() {
            for place in places.iter().filter(|place| line.contains(**place)) {
                found.push(format!("{}:{} names {place}", file.path, number + 1));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Lines of code (comments aside) under `folder` that use one of `crates` as a path.
fn named(folder: &str, crates: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files_with_extension(folder, "rs").expect("the folder is readable") {
        for (number, line) in file.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for name in crates.iter().filter(|name| uses(code, name)) {
                found.push(format!("{}:{} names {name}", file.path, number + 1));
            }
        }
    }
    found
}

/// Whether `code` has `name::` or `use name;` with `name` as a whole word.
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let whole = before.is_none_or(|character| {
            !character.is_alphanumeric() && character != '_' && !code[..at].ends_with("::")
        });
        whole
            && (after.starts_with("::")
                || (code[..at].trim_end().ends_with("use") && after.starts_with([';', ' '])))
    })
}

#[test]
fn a_use_is_told_from_a_name_that_only_looks_alike() {
    assert!(uses("use serde::Serialize;", "serde"));
    assert!(uses("#[derive(serde::Serialize)]", "serde"));
    assert!(uses("use serde;", "serde"));
    assert!(!uses("use serde_json::Value;", "serde"));
    assert!(!uses("let serde = 1;", "serde"));
    assert!(!uses("crate::clap::thing()", "clap"));
}
