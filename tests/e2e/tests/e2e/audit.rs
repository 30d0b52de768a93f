//! The trail: whoever edits the tables is found out by `gatelodge audit verify`.

use std::path::Path;
use std::process::Output;

use gatelodge_testkit::{Administrator, Browser, Server};
use rusqlite::Connection;
use serde_json::json;

use crate::story::{code, person, public_client};

/// A stopped server's folder with a trail worth editing.
fn trail() -> Server {
    let mut server = Server::demo();
    let party = public_client(&server, "openid");
    for _ in 0..3 {
        let _ = party.redeem(&code(&server, &party)).expect_status(200);
    }
    let page = &mut Browser::new();
    let form = page.open(&party.authorize_url(&[]));
    let (username, _) = person(&server);
    let _ = page.submit(
        &form,
        &[("username", username), ("password", "not the password")],
    );
    assert_eq!(server.stop(), Some(0));
    server
}

fn verify(folder: &Path) -> Output {
    Server::run(&["audit", "verify", "--data-dir", folder.to_str().unwrap()])
}

fn edit(folder: &Path, sql: &str) {
    let database = Connection::open(folder.join("gatelodge.db")).unwrap();
    let changed = database.execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

#[test]
fn an_untouched_trail_verifies() {
    let server = trail();
    let output = verify(server.data_dir());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn every_edit_of_the_tables_is_found_out() {
    for sql in [
        "UPDATE audit_events SET outcome = 'success' WHERE outcome = 'denied'",
        "UPDATE audit_events SET at = at + 1 WHERE position = (SELECT max(position) FROM audit_events) - 1",
        "DELETE FROM audit_events WHERE position = (SELECT max(position) FROM audit_events) - 1",
        "DELETE FROM audit_events WHERE position = (SELECT max(position) FROM audit_events)",
        "DELETE FROM audit_seals WHERE number = (SELECT max(number) FROM audit_seals) - 1",
        "UPDATE audit_seals SET root = zeroblob(32) WHERE number = 2",
        "UPDATE audit_seals SET mac = zeroblob(32) WHERE number = (SELECT max(number) FROM audit_seals)",
        "UPDATE audit_events SET digest = zeroblob(32) WHERE position = (SELECT max(position) FROM audit_events)",
    ] {
        let server = trail();
        edit(server.data_dir(), sql);
        let output = verify(server.data_dir());
        assert_eq!(output.status.code(), Some(1), "{sql} was not found out");
        assert!(!output.stderr.is_empty(), "{sql}: it says what it found");
    }
}

#[test]
fn a_tail_cut_off_with_its_seals_shows_against_a_known_seal() {
    let server = trail();
    let before = verify(server.data_dir());
    let said = String::from_utf8_lossy(&before.stdout).into_owned();
    let part = |name: &str| {
        let start = said.find(name).unwrap() + name.len();
        said[start..]
            .split([' ', ',', '\n'])
            .next()
            .unwrap()
            .to_owned()
    };
    let known = format!("{}:{}", part("number="), part("mac="));
    let folder = server.data_dir();
    let against = |known: &str| {
        let folder = folder.to_str().unwrap();
        Server::run(&[
            "audit",
            "verify",
            "--data-dir",
            folder,
            "--known-seal",
            known,
        ])
    };
    assert!(against(&known).status.success());
    edit(
        folder,
        "DELETE FROM audit_events WHERE position >= (SELECT first_position FROM audit_seals ORDER BY number DESC LIMIT 1)",
    );
    edit(
        folder,
        "DELETE FROM audit_seals WHERE number = (SELECT max(number) FROM audit_seals)",
    );
    let cut = against(&known);
    assert_eq!(
        cut.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&cut.stderr)
    );
    assert_eq!(against("nonsense").status.code(), Some(2));
}

#[test]
fn deleting_a_user_changes_no_stored_event() {
    let mut server = Server::demo();
    let administrator = Administrator::of(&server);
    let body = json!({"username": "grace", "password": "a long enough password"});
    let made = administrator
        .post("/realms/default/users", &body)
        .expect_status(201);
    let party = public_client(&server, "openid");
    let _ = party.code(&mut Browser::new(), "grace", "a long enough password");
    let path = format!("/realms/default/users/{}", made.field("id"));
    let _ = administrator.delete(&path).expect_status(204);
    assert_eq!(server.stop(), Some(0));
    let output = verify(server.data_dir());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn no_secret_and_no_username_is_readable_in_the_trail() {
    let mut server = Server::demo();
    // Long ones: what is random, and there is a lot of it, holds any three letters now and then.
    let (username, password) = ("countess-of-lovelace", "a long enough password");
    let body = json!({"username": username, "password": password});
    let _ = Administrator::of(&server)
        .post("/realms/default/users", &body)
        .expect_status(201);
    let party = public_client(&server, "openid");
    let code = party.code(&mut Browser::new(), username, password);
    let _ = party.redeem(&code).expect_status(200);
    let page = &mut Browser::new();
    let form = page.open(&party.authorize_url(&[]));
    let _ = page.submit(
        &form,
        &[("username", username), ("password", "not the password")],
    );
    assert_eq!(server.stop(), Some(0));
    let database = Connection::open(server.data_dir().join("gatelodge.db")).unwrap();
    let mut rows = database.prepare("SELECT * FROM audit_events").unwrap();
    let columns = rows.column_count();
    let mut all = Vec::new();
    let mut found = rows.query([]).unwrap();
    while let Some(row) = found.next().unwrap() {
        for column in 0..columns {
            match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                    all.extend_from_slice(bytes);
                    all.push(b'\n');
                }
                _ => {}
            }
        }
    }
    let text = String::from_utf8_lossy(&all).into_owned();
    assert!(text.contains("sign_in"), "the trail is there");
    for secret in [
        username,
        password,
        "gl_ac_",
        "gl_rt_",
        "not the password",
        // The issuer's own host is no secret; an address would stand alone.
        "\"127.0.0.1\"",
    ] {
        assert!(!text.contains(secret), "{secret} is readable");
    }
}
