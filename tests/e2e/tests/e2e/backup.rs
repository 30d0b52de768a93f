//! Copies: made of a running server, put back elsewhere, and what existed before them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gatelodge_testkit::{Browser, Server, binary};
use openssl::sha::sha256;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::story::{code, confidential_client, person, public_client};

const PASSPHRASE: &str = "correct horse battery staple";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(command: &str, data_dir: &Path, further: &[&str]) -> Output {
    Server::run(&[&[command, "--data-dir", text(data_dir)], further].concat())
}

fn succeeded(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it was not refused");
    assert_eq!(said.lines().count(), 1, "one clear line: {said}");
    said
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn restore(copy: &Path, to: &Path, master_key: &Path) -> Output {
    let master_key = ["--master-key-file", text(master_key)];
    run("restore", to, &[&[text(copy)], &master_key[..]].concat())
}

/// A stopped server, and a copy of it without keys.
fn copied() -> (TempDir, Server, PathBuf) {
    let folder = TempDir::new().unwrap();
    let mut server = Server::demo();
    assert_eq!(server.stop(), Some(0));
    let copy = folder.path().join("copy");
    let said = succeeded(&run("backup", server.data_dir(), &["--out", text(&copy)]));
    assert!(said.contains("NOT in the copy"), "{said}");
    (folder, server, copy)
}

fn whole(data_dir: &Path, master_key: &Path) {
    let master_key = ["--master-key-file", text(master_key)];
    let verified = Server::run(
        &[
            &["audit", "verify", "--data-dir", text(data_dir)],
            &master_key[..],
        ]
        .concat(),
    );
    succeeded(&verified);
}

#[test]
fn a_copy_made_under_load_is_put_back_and_nobody_comes_back_with_it() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::demo();
    let (username, password) = person(&server);
    let (username, password) = (username.to_owned(), password.to_owned());
    let party = public_client(&server, "openid offline_access");
    let api = confidential_client(&server, "");
    let active = |token: &str| {
        let seen = api.authenticated_post("/oauth2/introspect", &[("token", token)]);
        seen.expect_status(200).json()["active"] == true
    };

    let mut browser = Browser::new();
    let code_before = party.code(&mut browser, &username, &password);
    let first = party.redeem(&code_before).expect_status(200);
    let current = party
        .refresh(&first.field("refresh_token"))
        .expect_status(200);
    let unspent = code(&server, &party);

    let copy = folder.path().join("copy");
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let _ = api
                        .token(&[("grant_type", "client_credentials")])
                        .expect_status(200);
                }
            });
        }
        let made = run("backup", server.data_dir(), &["--out", text(&copy)]);
        enough.store(true, Ordering::Relaxed);
        succeeded(&made);
    });
    assert_eq!(mode(&copy), 0o700);
    for entry in fs::read_dir(&copy).unwrap() {
        let entry = entry.unwrap().path();
        assert_eq!(mode(&entry), 0o600, "{}", entry.display());
    }

    // After the copy: a rotation, a revocation, and tokens that the copy knows nothing of.
    let rotated = party
        .refresh(&current.field("refresh_token"))
        .expect_status(200);
    let access = current.field("access_token");
    assert!(active(&access));
    let _ = party
        .authenticated_post("/oauth2/revoke", &[("token", &access)])
        .expect_status(200);
    let later = party.redeem(&code(&server, &party)).expect_status(200);
    assert_eq!(server.stop(), Some(0));

    let master_key = server.data_dir().join("master.key");
    let fresh = folder.path().join("fresh");
    let said = succeeded(&restore(&copy, &fresh, &master_key));
    assert!(
        said.contains("ended") && said.contains("sessions"),
        "{said}"
    );
    assert_eq!(mode(&fresh.join("gatelodge.db")), 0o600);
    whole(&fresh, &master_key);
    server.move_to(&fresh, &["--master-key-file", text(&master_key)]);

    for old in [&first, &current, &rotated, &later] {
        party
            .refresh(&old.field("refresh_token"))
            .expect_error(400, "invalid_grant");
        let token = old.field("access_token");
        assert!(!active(&token), "an access token is alive again");
        assert_eq!(party.userinfo(&token).status, 401);
    }
    for spent in [&code_before, &unspent] {
        party.redeem(spent).expect_error(400, "invalid_grant");
    }
    let silent = browser.open(&party.authorize_url(&[("prompt", "none")]));
    assert!(
        silent.location().contains("login_required"),
        "the session is alive again"
    );

    let again = party.code(&mut browser, &username, &password);
    let again = party.redeem(&again).expect_status(200);
    assert!(active(&again.field("access_token")));
    let next = party
        .refresh(&again.field("refresh_token"))
        .expect_status(200);
    assert!(active(&next.field("access_token")));

    let database = Connection::open(fresh.join("gatelodge.db")).unwrap();
    let events: u32 = database
        .query_row(
            "SELECT count(*) FROM audit_events WHERE action = 'server.restored'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(events, 2, "one in each realm");
}

#[test]
fn whoever_keeps_the_sessions_of_a_stopped_server_keeps_them_all_but_no_code() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::demo();
    let (username, password) = person(&server);
    let (username, password) = (username.to_owned(), password.to_owned());
    let party = public_client(&server, "openid");
    let mut browser = Browser::new();
    let first = party.code(&mut browser, &username, &password);
    let first = party.redeem(&first).expect_status(200);
    let unspent = code(&server, &party);
    assert_eq!(server.stop(), Some(0));
    let copy = folder.path().join("copy");
    succeeded(&run("backup", server.data_dir(), &["--out", text(&copy)]));
    let (fresh, key) = (folder.path().join("fresh"), folder.path().join("key"));
    fs::copy(server.data_dir().join("master.key"), &key).unwrap();
    let keep = ["--keep-sessions", "--master-key-file", text(&key)];
    succeeded(&run(
        "restore",
        &fresh,
        &[&[text(&copy)], &keep[..]].concat(),
    ));
    server.move_to(&fresh, &["--master-key-file", text(&key)]);
    let access = first.field("access_token");
    assert_eq!(party.userinfo(&access).status, 200);
    let seen = confidential_client(&server, "")
        .authenticated_post("/oauth2/introspect", &[("token", &access)])
        .expect_status(200);
    assert_eq!(seen.json()["active"], true);
    let _ = party
        .refresh(&first.field("refresh_token"))
        .expect_status(200);
    party.redeem(&unspent).expect_error(400, "invalid_grant");
    let silent = browser.open(&party.authorize_url(&[("prompt", "none")]));
    assert!(silent.location().contains("code="), "the session is gone");
}

/// Says of a changed copy that it is what was made, as somebody would who means harm.
fn vouch(copy: &Path) {
    let hexadecimal = |bytes: &[u8]| {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.concat()
    };
    let path = copy.join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let database = fs::read(copy.join("gatelodge.db")).unwrap();
    manifest["parts"][0]["bytes"] = database.len().into();
    manifest["parts"][0]["sha256"] = hexadecimal(&sha256(&database)).into();
    let written = format!("{manifest:#}\n");
    fs::write(&path, &written).unwrap();
    let digest = hexadecimal(&sha256(written.as_bytes()));
    let voucher = format!("{digest}  manifest.json\n");
    fs::write(copy.join("manifest.json.sha256"), voucher).unwrap();
}

#[test]
fn a_damaged_copy_is_refused_and_leaves_nothing() {
    let (folder, server, copy) = copied();
    let key = server.data_dir().join("master.key");
    let target = folder.path().join("target");
    let good: BTreeMap<PathBuf, Vec<u8>> = fs::read_dir(&copy)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    let refuse = |what: &str| {
        let said = refused(&restore(&copy, &target, &key));
        assert!(!target.join("gatelodge.db").exists(), "{what}");
        for (path, bytes) in &good {
            fs::write(path, bytes).unwrap();
        }
        said
    };
    for (path, bytes) in &good {
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut bad = bytes.clone();
            bad[at] ^= 0x40;
            fs::write(path, bad).unwrap();
            refuse(&format!("{} byte {at}", path.display()));
        }
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        refuse(&format!("{} cut", path.display()));
        fs::remove_file(path).unwrap();
        refuse(&format!("{} gone", path.display()));
    }

    // The same by somebody who mends the checksums: the database's own checks and the seals.
    let database = copy.join("gatelodge.db");
    let mut torn = good[&database].clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 4096].fill(0xa5);
    fs::write(&database, torn).unwrap();
    vouch(&copy);
    assert!(refuse("a torn page").contains("damaged"));
    for (edit, said) in [
        (
            "UPDATE audit_events SET at = at + 1 WHERE position = 1",
            "was changed",
        ),
        ("DELETE FROM audit_events WHERE position = 2", "removed"),
        (
            "DELETE FROM audit_seals WHERE number = (SELECT max(number) FROM audit_seals)",
            "was added",
        ),
    ] {
        let edited = Connection::open(&database).unwrap();
        edited.execute(edit, []).unwrap();
        drop(edited);
        vouch(&copy);
        let heard = refuse(edit);
        assert!(heard.contains("trail") && heard.contains(said), "{heard}");
    }
    let other = folder.path().join("other.key");
    fs::write(&other, format!("gl_mk_{}\n", "A".repeat(43))).unwrap();
    let heard = refused(&restore(&copy, &target, &other));
    assert!(heard.contains("not the one"), "{heard}");

    succeeded(&restore(&copy, &target, &key));
    whole(&target, &key);
}

#[test]
fn keys_come_back_with_their_passphrase_only_and_an_encrypted_database_stays_so() {
    let folder = TempDir::new().unwrap();
    let database_key = folder.path().join("database.key");
    fs::write(&database_key, "7".repeat(64)).unwrap();
    let encrypted = ["--database-key-file", text(&database_key)];
    let mut server = Server::demo_with(&encrypted);
    let (passphrase, wrong) = (folder.path().join("phrase"), folder.path().join("wrong"));
    fs::write(&passphrase, format!("{PASSPHRASE}\n")).unwrap();
    fs::write(&wrong, "some other passphrase\n").unwrap();
    let copy = folder.path().join("copy");
    let backup = |further: &[&str]| {
        let out = ["--with-keys", "--out", text(&copy)];
        run(
            "backup",
            server.data_dir(),
            &[&encrypted[..], &out, further].concat(),
        )
    };
    assert!(refused(&backup(&[])).contains("--passphrase-file"));
    let short = folder.path().join("short");
    fs::write(&short, "short").unwrap();
    assert!(refused(&backup(&["--passphrase-file", text(&short)])).contains("characters"));
    let said = succeeded(&backup(&["--passphrase-file", text(&passphrase)]));
    assert!(
        said.contains("encrypted") && said.contains("sealed"),
        "{said}"
    );
    let bytes = fs::read(copy.join("gatelodge.db")).unwrap();
    assert!(!bytes.starts_with(b"SQLite format 3"));
    assert_eq!(server.stop(), Some(0));

    let fresh = folder.path().join("fresh");
    let back = |further: &[&str]| run("restore", &fresh, &[&[text(&copy)], further].concat());
    assert!(refused(&back(&[])).contains("--passphrase-file"));
    let said = refused(&back(&["--passphrase-file", text(&wrong)]));
    assert!(said.contains("passphrase"), "{said}");
    succeeded(&back(&["--passphrase-file", text(&passphrase)]));
    for name in ["master.key", "database.key", "gatelodge.db"] {
        assert_eq!(mode(&fresh.join(name)), 0o600, "{name}");
    }
    let bytes = fs::read(fresh.join("gatelodge.db")).unwrap();
    assert!(!bytes.starts_with(b"SQLite format 3"));
    let brought = fresh.join("database.key");
    server.move_to(&fresh, &["--database-key-file", text(&brought)]);
    let _ = confidential_client(&server, "")
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);
}

#[test]
fn nothing_is_overwritten_and_nothing_in_use_is_replaced() {
    let (folder, mut server, copy) = copied();
    let again = run("backup", server.data_dir(), &["--out", text(&copy)]);
    assert!(refused(&again).contains("overwrites nothing"));

    let key = folder.path().join("key");
    fs::copy(server.data_dir().join("master.key"), &key).unwrap();
    let target = folder.path().join("target");
    succeeded(&restore(&copy, &target, &key));
    let before = fs::read(target.join("gatelodge.db")).unwrap();
    assert!(refused(&restore(&copy, &target, &key)).contains("not empty"));
    assert_eq!(fs::read(target.join("gatelodge.db")).unwrap(), before);

    server.move_to(&target, &["--master-key-file", text(&key)]);
    let replace = [text(&copy), "--replace", "--master-key-file", text(&key)];
    let said = refused(&run("restore", &target, &replace));
    assert!(said.contains("in use by process"), "{said}");
    assert_eq!(server.stop(), Some(0));

    let said = succeeded(&run("restore", &target, &replace));
    let kept = said
        .lines()
        .find_map(|line| line.strip_prefix("the old folder  "))
        .unwrap();
    whole(Path::new(kept), &key);
    whole(&target, &key);
}

#[test]
fn a_restore_that_is_killed_leaves_what_was_there() {
    let (folder, server, copy) = copied();
    let key = server.data_dir().join("master.key");
    let target = folder.path().join("target");
    succeeded(&restore(&copy, &target, &key));
    let mut finished = 0;
    for step in 0..8 {
        let mut restoring = Command::new(binary("gatelodge"))
            .args(["restore", text(&copy), "--replace"])
            .args(["--data-dir", text(&target), "--master-key-file", text(&key)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(40 * step));
        let _ = restoring.kill();
        finished += u32::from(restoring.wait().unwrap().success());
        whole(&target, &key);
    }
    assert!(finished < 8, "none was killed in the middle");
    let replace = [text(&copy), "--replace", "--master-key-file", text(&key)];
    succeeded(&run("restore", &target, &replace));
    whole(&target, &key);
}

#[test]
fn other_engines_are_told_what_to_do_instead_and_no_password_is_shown() {
    let folder = TempDir::new().unwrap();
    let memory = ["--storage", "memory"];
    let url = "postgres://keeper:hunter2@db.example/gatelodge";
    let postgres = ["--storage", "postgres", "--database-url", url];
    for command in ["backup", "restore"] {
        let copy: &[&str] = if command == "restore" { &["copy"] } else { &[] };
        let said = refused(&run(command, folder.path(), &[copy, &memory[..]].concat()));
        assert!(said.contains("memory"), "{said}");
        let told = run(command, folder.path(), &[copy, &postgres[..]].concat());
        let _ = refused(&told);
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let tool = if command == "backup" {
            "pg_dump"
        } else {
            "pg_restore"
        };
        assert!(told.contains(tool), "{told}");
        assert!(told.contains("keeper@db.example/gatelodge"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
