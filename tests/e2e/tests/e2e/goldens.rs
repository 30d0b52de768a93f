//! What users and scripts read word by word: `--help`, `config` and discovery. A change of
//! these is a change of the product; `UPDATE_GOLDEN=1` writes it down.

use std::path::Path;
use std::process::Command;

use gatelodge_testkit::{Http, binary};

use crate::story::shared;

fn compare(name: &str, seen: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("goldens")
        .join(name);
    if std::env::vars().any(|(key, value)| key == "UPDATE_GOLDEN" && value == "1") {
        std::fs::write(&file, seen).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(seen, golden, "{name} changed; UPDATE_GOLDEN=1 rewrites it");
}

fn said(arguments: &[&str]) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    let output = Command::new(binary("gatelodge"))
        .args(arguments)
        .current_dir(folder.path())
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_is_as_it_was() {
    let mut help = said(&["--help"]);
    for command in [
        "serve",
        "init",
        "migrate",
        "migrate-storage",
        "keys",
        "audit",
        "backup",
        "restore",
        "recover",
        "openapi",
        "doctor",
        "config",
    ] {
        let shown = said(&[command, "--help"]);
        help.extend([
            "
--- ", command, " ---

", &shown,
        ]);
    }
    compare("help.txt", &help);
}

#[test]
fn the_configuration_in_effect_is_as_it_was() {
    compare("config.txt", &said(&["config"]));
}

#[test]
fn discovery_is_as_it_was() {
    let server = &shared();
    let url = format!("{}/.well-known/openid-configuration", server.issuer);
    let document = Http::default().get(&url, &[]).expect_status(200).json();
    let shown = format!("{document:#}\n").replace(&server.issuer, "ISSUER");
    compare("discovery.json", &shown);
}

#[test]
fn every_documented_path_of_the_auth_port_is_there() {
    let server = &shared();
    let http = Http::default();
    let document = http
        .get(&format!("{}/openapi.json", server.issuer), &[])
        .json();
    let mut walked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        // What a theme brings is there where there is one: the stories of themes look.
        if path.contains('{') || path.starts_with("/theme/") {
            continue;
        }
        for method in ["get", "post"] {
            if !operations[method].is_null() {
                let url = format!("{}{path}", server.issuer);
                let answer = http.send(&method.to_uppercase(), &url, &[], b"");
                assert!(![404, 405, 500].contains(&answer.status), "{method} {path}");
                walked += 1;
            }
        }
    }
    assert!(walked >= 20, "only {walked} operations are documented");
}
