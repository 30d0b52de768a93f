//! The doctor: beside a server and without one.

use std::fs::Permissions;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatelodge_testkit::{Server, binary, free_port};
use serde_json::Value;

use crate::tls::until;

fn doctor(arguments: &[&str]) -> Output {
    Command::new(binary("gatelodge"))
        .arg("doctor")
        .args(arguments)
        .output()
        .unwrap()
}

fn of(server: &Server, further: &[&str]) -> Output {
    let auth = server.issuer.strip_prefix("http://").unwrap();
    let mut arguments = vec!["--data-dir", path(server.data_dir()), "--auth-listen", auth];
    arguments.extend(further);
    doctor(&arguments)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Severity and remedy of every finding of a check.
fn found(output: &Output, check: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let of = findings.iter().filter(|finding| finding["check"] == check);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    of.map(|finding| (text(&finding["severity"]), text(&finding["remedy"])))
        .collect()
}

#[test]
fn a_sound_set_up_is_found_sound() {
    let server = Server::demo();
    let said = of(&server, &["--json"]);
    let text = String::from_utf8_lossy(&said.stdout);
    assert_eq!(said.status.code(), Some(0), "{text}");
    for check in [
        "permissions",
        "store",
        "keys",
        "server",
        "issuer",
        "admin issuer",
        "clock",
        "proxy",
        "mail",
    ] {
        let found = found(&said, check);
        assert!(!found.is_empty(), "nothing about {check} in {text}");
        assert!(found.iter().all(|(severity, _)| severity == "ok"), "{text}");
    }
    assert_eq!(found(&said, "disk").len(), 1, "whatever room there is");
    let plain = of(&server, &[]);
    let lines = String::from_utf8_lossy(&plain.stdout);
    assert!(
        lines.lines().any(|line| line.starts_with("ok    issuer")),
        "{lines}"
    );
}

#[test]
fn what_is_wrong_is_named_with_the_command_that_mends_it() {
    let server = Server::demo();
    let key = server.data_dir().join("master.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let said = of(&server, &["--json"]);
    assert_eq!(said.status.code(), Some(1));
    let remedy = format!("chmod 0600 {}", key.display());
    let permissions = found(&said, "permissions");
    assert!(
        permissions.contains(&("fail".to_owned(), remedy.clone())),
        "{permissions:?}"
    );
    let plain = of(&server, &[]);
    assert!(String::from_utf8_lossy(&plain.stdout).contains(&remedy));
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();

    let said = of(&server, &["--json", "--trusted-proxy", "0.0.0.0/0"]);
    assert_eq!(found(&said, "proxy")[0].0, "fail");
    let said = of(
        &server,
        &["--json", "--public-url", "https://id.example.com"],
    );
    assert_eq!(found(&said, "urls")[0].0, "fail");
}

#[test]
fn without_a_server_it_says_that_the_issuer_is_not_reached() {
    let mut server = Server::demo();
    let folder = server.data_dir().to_owned();
    let auth = server.issuer.strip_prefix("http://").unwrap().to_owned();
    server.stop();
    let said = doctor(&[
        "--json",
        "--data-dir",
        path(&folder),
        "--auth-listen",
        &auth,
    ]);
    assert_eq!(said.status.code(), Some(1));
    assert_eq!(found(&said, "store")[0].0, "ok");
    assert_eq!(found(&said, "server")[0].0, "warn");
    assert_eq!(found(&said, "issuer")[0].0, "fail");
}

#[test]
fn a_health_check_hears_whether_the_server_is_ready() {
    let server = Server::demo();
    let ready = of(&server, &["--ready"]);
    assert_eq!(ready.status.code(), Some(0));
    assert!(ready.stdout.is_empty() && ready.stderr.is_empty());
    let nobody = format!("127.0.0.1:{}", free_port());
    let not = doctor(&["--ready", "--auth-listen", &nobody]);
    assert_eq!(not.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&not.stderr).contains(&nobody));
}

#[test]
fn a_mail_server_that_is_not_there_is_found_before_somebody_waits_for_a_mail() {
    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("gatelodge.toml");
    let port = free_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let text = format!(
        "[mail]\ntransport = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         from = \"no-reply@id.example\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let config = ["--config", path(&config)];
    let server = Server::demo_with(&config);
    let mail = || {
        let said = of(&server, &[&config[..], &["--json"]].concat());
        found(&said, "mail").remove(0)
    };
    // It listens, and says at once who it is.
    let closed = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&closed);
    let listens = std::thread::spawn(move || {
        let mut greeting = "220 mail.example ESMTP\r\n";
        while let Ok((mut stream, _)) = listener.accept()
            && !over.load(Ordering::Acquire)
        {
            let _ = stream.write_all(greeting.as_bytes());
            greeting = "HTTP/1.1 400 Bad Request\r\n";
        }
    });
    assert_eq!(mail().0, "ok");
    // Whoever says nothing for a second may be a mail server that waits for TLS.
    until(|| (mail().0 == "fail").then_some(()));
    closed.store(true, Ordering::Release);
    let _ = TcpStream::connect(("127.0.0.1", port));
    listens.join().unwrap();
    let (severity, remedy) = mail();
    assert_eq!(severity, "fail", "nobody listens any more");
    assert!(remedy.contains("[mail]"), "{remedy}");
}

#[cfg(feature = "machine-tests")]
#[test]
fn keys_that_are_old_and_a_clock_that_is_off_are_found() {
    let server = Server::demo();
    let auth = server.issuer.strip_prefix("http://").unwrap();
    // What this machine would be like whose clock is off, or where no server ran for a year.
    let said = Command::new("faketime")
        .args(["-f", "+400d"])
        .arg(binary("gatelodge"))
        .args(["doctor", "--json", "--data-dir", path(server.data_dir())])
        .args(["--auth-listen", auth])
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    let (severity, remedy) = found(&said, "keys").remove(0);
    assert_eq!(severity, "warn");
    assert!(remedy.contains("gatelodge keys rotate"), "{remedy}");
    let (severity, remedy) = found(&said, "clock").remove(0);
    assert_eq!(severity, "fail");
    assert!(remedy.contains("NTP"), "{remedy}");
}
