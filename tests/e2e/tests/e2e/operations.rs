//! Starting, stopping and mishandling the server.

use std::process::Command;

use gatelodge_testkit::{Http, Server, binary, free_port};

use crate::story::{confidential_client, shared};

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Server::run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !said.contains("panicked") && !said.contains("RUST_BACKTRACE"),
        "{said}"
    );
    (output.status.code(), said)
}

#[test]
fn a_second_start_changes_nothing_and_old_tokens_stay_good() {
    let mut server = Server::demo();
    let party = confidential_client(&server, "");
    let token = party
        .token(&[("grant_type", "client_credentials")])
        .field("access_token");
    let keys = |server: &Server| {
        Http::default()
            .get(&format!("{}/oauth2/jwks", server.issuer), &[])
            .expect_status(200)
    };
    let before = keys(&server);
    server.restart();
    let after = keys(&server).json();
    for key in before.json()["keys"].as_array().unwrap() {
        assert!(
            after["keys"].as_array().unwrap().contains(key),
            "a key vanished"
        );
    }
    let seen = party.authenticated_post("/oauth2/introspect", &[("token", &token)]);
    assert_eq!(seen.json()["active"], true);
    assert_eq!(server.stop(), Some(0), "SIGTERM is a graceful stop");
}

#[test]
fn a_second_process_on_the_same_folder_is_refused_in_one_line() {
    let server = Server::demo();
    let (auth, admin) = (free_port(), free_port());
    let (status, said) = refused(&[
        "serve",
        "--data-dir",
        server.data_dir().to_str().unwrap(),
        "--demo",
        "--auth-listen",
        &format!("127.0.0.1:{auth}"),
        "--admin-listen",
        &format!("127.0.0.1:{admin}"),
    ]);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains(&server.pid().to_string()),
        "it names the process: {said}"
    );
}

#[test]
fn a_port_in_use_is_refused_in_one_line() {
    let server = &shared();
    let folder = tempfile::TempDir::new().unwrap();
    let taken = server.issuer.strip_prefix("http://").unwrap();
    let (status, said) = refused(&[
        "serve",
        "--demo",
        "--data-dir",
        folder.path().join("data").to_str().unwrap(),
        "--auth-listen",
        taken,
        "--admin-listen",
        &format!("127.0.0.1:{}", free_port()),
    ]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains(taken), "{said}");
}

#[test]
fn a_wrong_master_key_is_one_clear_line() {
    let mut server = Server::demo();
    let folder = server.data_dir().to_owned();
    assert_eq!(server.stop(), Some(0));
    let other = Server::demo();
    std::fs::copy(
        other.data_dir().join("master.key"),
        folder.join("master.key"),
    )
    .unwrap();
    let (status, said) = refused(&["serve", "--demo", "--data-dir", folder.to_str().unwrap()]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("master key"), "{said}");
}

#[test]
fn a_corrupt_database_is_one_clear_line() {
    let mut server = Server::demo();
    let folder = server.data_dir().to_owned();
    assert_eq!(server.stop(), Some(0));
    std::fs::write(
        folder.join("gatelodge.db"),
        b"this is no database at all, not even nearly",
    )
    .unwrap();
    let (status, said) = refused(&["serve", "--demo", "--data-dir", folder.to_str().unwrap()]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("gatelodge.db"), "{said}");
}

#[test]
fn a_typo_in_the_configuration_names_the_nearest_key() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("gatelodge.toml");
    std::fs::write(&file, "[storage]\nengin = \"sqlite\"\n").unwrap();
    let output = Command::new(binary("gatelodge"))
        .arg("config")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("engin") && said.contains("engine"), "{said}");
    let (status, said) = refused(&["serve", "--nonsense"]);
    assert_eq!(status, Some(2), "{said}");
    let (status, _) = refused(&["frobnicate"]);
    assert_eq!(status, Some(2));
}

#[test]
fn a_configuration_from_the_environment_counts_and_kubernetes_own_does_not() {
    let folder = tempfile::TempDir::new().unwrap();
    let run = |name: &str, value: &str| {
        let output = Command::new(binary("gatelodge"))
            .arg("config")
            .current_dir(folder.path())
            .env(name, value)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (status, shown) = run("GATELODGE__STORAGE__ENGINE", "memory");
    assert_eq!(status, Some(0));
    assert!(shown.contains("memory"), "{shown}");
    assert_eq!(run("GATELODGE__STORAGE__ENGIN", "memory").0, Some(2));
    assert_eq!(run("GATELODGE_PORT", "tcp://10.0.0.1:80").0, Some(0));
}

#[test]
fn an_encrypted_database_opens_with_its_key_and_no_other() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("right.key"), "5a".repeat(32)).unwrap();
    std::fs::write(path("wrong.key"), "a5".repeat(32)).unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start_in(
        &data,
        &["--demo", "--database-key-file", &path("right.key")],
    );
    let party = confidential_client(&server, "");
    let _ = party
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);
    server.restart();
    let _ = party
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);
    assert_eq!(server.stop(), Some(0));
    let bytes = std::fs::read(data.join("gatelodge.db")).unwrap();
    assert!(
        !bytes.starts_with(b"SQLite format 3"),
        "nothing of it is readable"
    );
    let data = data.to_str().unwrap();
    let wrong = path("wrong.key");
    for key in [&["--database-key-file", wrong.as_str()][..], &[]] {
        let (status, said) = refused(&[&["serve", "--demo", "--data-dir", data], key].concat());
        assert_eq!(status, Some(1), "{said}");
        assert!(
            said.contains("database key") || said.contains("gatelodge.db"),
            "{said}"
        );
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
}

#[test]
fn every_store_can_be_served() {
    for storage in ["memory", "sqlite"] {
        let server = Server::demo_with(&["--storage", storage]);
        let party = confidential_client(&server, "");
        let _ = party
            .token(&[("grant_type", "client_credentials")])
            .expect_status(200);
    }
}

#[test]
fn discovery_promises_what_is_there() {
    let server = &shared();
    let http = Http::default();
    let url = format!("{}/.well-known/openid-configuration", server.issuer);
    let answer = http.get(&url, &[]).expect_status(200);
    let document = answer.json();
    let rfc8414 = format!("{}/.well-known/oauth-authorization-server", server.issuer);
    assert_eq!(
        http.get(&rfc8414, &[]).expect_status(200).json()["issuer"],
        document["issuer"]
    );
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "introspection_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ] {
        let url = document[endpoint].as_str().unwrap();
        assert_ne!(http.get(url, &[]).status, 404, "{endpoint}");
    }
    assert_eq!(
        document["code_challenge_methods_supported"],
        serde_json::json!(["S256"])
    );
    let jwks = http
        .get(document["jwks_uri"].as_str().unwrap(), &[])
        .expect_status(200);
    let etag = jwks.header("etag").unwrap();
    assert!(jwks.header("cache-control").unwrap().contains("max-age"));
    let again = http.get(
        document["jwks_uri"].as_str().unwrap(),
        &[("if-none-match", etag)],
    );
    assert_eq!(again.status, 304);
}

#[test]
fn a_head_of_a_document_tells_its_length_and_sends_no_body() {
    let server = &shared();
    for path in ["/.well-known/openid-configuration", "/oauth2/jwks"] {
        let url = format!("{}{path}", server.issuer);
        let get = Http::default().get(&url, &[]).expect_status(200);
        let head = Http::default().send("HEAD", &url, &[], &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("etag"), get.header("etag"), "{path}");
        let length = get.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()));
    }
}
