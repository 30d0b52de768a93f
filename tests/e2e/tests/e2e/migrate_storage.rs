//! From SQLite to PostgreSQL and back, with everything that existed before.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::postgres::Database;
use gatelodge_testkit::{Administrator, Server, binary};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tempfile::TempDir;

use crate::story::{code, confidential_client, public_client};

/// Leases and steps belong to an engine and are not copied.
const LEFT: [&str; 2] = ["jobs", "schema_steps"];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite:{}", text(folder))
}

fn migrate(from: &str, to: &str, further: &[&str]) -> Output {
    let ends = ["migrate-storage", "--from", from, "--to", to];
    Server::run(&[&ends, further].concat())
}

fn succeeded(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
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

/// Every row of every table, in no order but sorted.
fn everything(folder: &Path) -> Vec<(String, Vec<String>)> {
    let database = Connection::open(folder.join("gatelodge.db")).unwrap();
    let mut names = database
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             ORDER BY name",
        )
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .filter(|name: &String| !LEFT.contains(&name.as_str()))
        .collect();
    let rows = |name: &String| {
        let mut select = database.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = select.column_count();
        let mut rows: Vec<String> = select
            .query_map([], |row| {
                let cells: rusqlite::Result<Vec<Value>> =
                    (0..columns).map(|column| row.get(column)).collect();
                Ok(format!("{:?}", cells?))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        rows.sort();
        rows
    };
    names
        .iter()
        .map(|name| (name.clone(), rows(name)))
        .collect()
}

/// Rows that a PostgreSQL could mangle: bytes with zeros, numbers at both ends, odd text.
fn add_curiosities(folder: &Path, void_tokens: u32) {
    let database = Connection::open(folder.join("gatelodge.db")).unwrap();
    let add = "INSERT INTO system (name, value) VALUES (?1, ?2)";
    database
        .execute(add, ("zeros", vec![0_u8, 0, 255, 0]))
        .unwrap();
    database
        .execute(add, ("nothing", Vec::<u8>::new()))
        .unwrap();
    database
        .execute(add, ("ünï \u{1f511} ' \" \\ \u{7f}\u{1}", b"text".to_vec()))
        .unwrap();
    database
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
             INSERT INTO revocations (realm, kind, thing, until) \
             SELECT (SELECT id FROM realms LIMIT 1), 'token', randomblob(16), \
                    9223372036854775807 - i FROM n",
            [void_tokens],
        )
        .unwrap();
    database
        .execute(
            "UPDATE sqlite_sequence SET seq = 4294967296 WHERE name = 'changes'",
            [],
        )
        .unwrap();
}

#[test]
fn everything_moves_to_postgresql_and_back_and_goes_on_there() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::demo();
    let party = public_client(&server, "openid offline_access");
    let api = confidential_client(&server, "");
    let first = party.redeem(&code(&server, &party)).expect_status(200);
    let administrator = Administrator::of(&server);
    let realm = json!({"slug": "acme", "name": "Acme \u{1f3e0}"});
    let _ = administrator.post("/realms", &realm).expect_status(201);
    let home = server.data_dir().to_owned();
    let database = Database::create();
    let url = database.url();
    assert!(refused(&migrate(&sqlite(&home), &url, &[])).contains("in use by process"));
    assert_eq!(server.stop(), Some(0));
    add_curiosities(&home, 10);
    let before = everything(&home);

    let said = succeeded(&migrate(&sqlite(&home), &url, &[]));
    assert!(
        said.contains("each compared") && said.contains("trail whole"),
        "{said}"
    );
    let back = folder.path().join("back");
    let key = ["--data-dir", text(&home)];
    succeeded(&migrate(&url, &sqlite(&back), &key));
    for (there, here) in before.iter().zip(everything(&back)) {
        assert_eq!(there, &here);
    }
    let sequence = |folder: &Path| -> i64 {
        Connection::open(folder.join("gatelodge.db"))
            .unwrap()
            .query_row(
                "SELECT seq FROM sqlite_sequence WHERE name = 'changes'",
                [],
                |row| row.get(0),
            )
            .unwrap()
    };
    assert_eq!(sequence(&back), 4_294_967_296);

    // The one on PostgreSQL serves; what existed before goes on.
    let storage = ["--storage", "postgres", "--database-url", &url];
    server.move_to(&home, &storage);
    let second = party
        .refresh(&first.field("refresh_token"))
        .expect_status(200);
    party
        .refresh(&first.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    let third = party.redeem(&code(&server, &party)).expect_status(200);
    let seen = api.authenticated_post(
        "/oauth2/introspect",
        &[("token", &third.field("access_token"))],
    );
    assert_eq!(seen.json()["active"], true);
    assert_eq!(party.userinfo(&second.field("access_token")).status, 401);
    let number: i64 = database
        .sql("SELECT max(number) FROM changes")
        .trim()
        .parse()
        .unwrap();
    assert!(number > 4_294_967_296, "{number}");
    let other = folder.path().join("other");
    let said = refused(&migrate(&url, &sqlite(&other), &key));
    assert!(said.contains("in use"), "{said}");
    assert_eq!(server.stop(), Some(0));

    // And back once more, with what happened there.
    succeeded(&migrate(&url, &sqlite(&other), &key));
    let master_key = home.join("master.key");
    server.move_to(&other, &["--master-key-file", text(&master_key)]);
    let _ = party
        .refresh(&third.field("refresh_token"))
        .expect_status(200);
    let _ = public_client(&server, "openid")
        .redeem(&code(&server, &party))
        .expect_status(200);
    assert_eq!(server.stop(), Some(0));
    let verify = ["audit", "verify", "--data-dir", text(&other)];
    let key = ["--master-key-file", text(&master_key)];
    succeeded(&Server::run(&[&verify[..], &key].concat()));
}

#[test]
fn a_move_that_is_killed_goes_on_and_serves_nobody_until_it_is_complete() {
    let mut server = Server::demo();
    let home = server.data_dir().to_owned();
    assert_eq!(server.stop(), Some(0));
    add_curiosities(&home, 60_000);
    let before = everything(&home);
    let database = Database::create();
    let url = database.url();
    let mut moving = Command::new(binary("gatelodge"))
        .args(["migrate-storage", "--from", &sqlite(&home), "--to", &url])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let copied = || -> u32 {
        let there = database.sql("SELECT to_regclass('revocations') IS NOT NULL");
        if there.trim() != "t" {
            return 0;
        }
        let count = database.sql("SELECT count(*) FROM revocations");
        count.trim().parse().unwrap()
    };
    // A look takes some ten milliseconds.
    let begun = (0..10_000).any(|_| copied() > 0);
    assert!(begun, "nothing is copied");
    moving.kill().unwrap();
    assert!(!moving.wait().unwrap().success(), "it was quicker");
    let part = copied();
    assert!(part < 60_000, "{part}");

    let storage = ["--storage", "postgres", "--database-url", &url];
    let serve = ["serve", "--data-dir", text(&home)];
    let said = refused(&Server::run(&[&serve, &storage[..]].concat()));
    assert!(said.contains("unfinished copy"), "{said}");

    // Another source is not mixed in.
    let mut stranger = Server::demo();
    let elsewhere = stranger.data_dir().to_owned();
    assert_eq!(stranger.stop(), Some(0));
    let said = refused(&migrate(&sqlite(&elsewhere), &url, &[]));
    assert!(said.contains("another source"), "{said}");

    let said = succeeded(&migrate(&sqlite(&home), &url, &[]));
    assert!(said.contains("resumed"), "{said}");
    // The way back is interrupted, too.
    let back = TempDir::new().unwrap();
    let folder = back.path().join("data");
    let keys = ["--data-dir", text(&home)];
    let mut moving = Command::new(binary("gatelodge"))
        .args(["migrate-storage", "--from", &url, "--to", &sqlite(&folder)])
        .args(keys)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let copied_back = || -> u32 {
        let there = Connection::open_with_flags(
            folder.join("gatelodge.db"),
            OpenFlags::SQLITE_OPEN_READ_ONLY,
        );
        let count = "SELECT count(*) FROM revocations";
        there
            .and_then(|there| there.query_row(count, [], |row| row.get(0)))
            .unwrap_or(0)
    };
    let begun = (0..60_000).any(|_| {
        sleep(Duration::from_millis(2));
        copied_back() > 0
    });
    assert!(begun, "nothing is copied");
    moving.kill().unwrap();
    assert!(!moving.wait().unwrap().success(), "it was quicker");
    let part = copied_back();
    assert!(part < 60_000, "{part}");
    let key = home.join("master.key");
    let serve = ["serve", "--data-dir", text(&folder), "--master-key-file"];
    let said = refused(&Server::run(&[&serve[..], &[text(&key)]].concat()));
    assert!(said.contains("unfinished copy"), "{said}");
    let said = succeeded(&migrate(&url, &sqlite(&folder), &keys));
    assert!(said.contains("resumed"), "{said}");
    for (there, here) in before.iter().zip(everything(&folder)) {
        assert_eq!(there.0, here.0);
        assert!(there.1 == here.1, "{} differs", here.0);
    }
    let left = database.sql("SELECT to_regclass('copy_progress') IS NULL");
    assert_eq!(left.trim(), "t");
    server.move_to(&home, &storage);
}

#[test]
fn what_would_mix_or_lose_something_is_refused_in_one_line() {
    let mut server = Server::demo();
    let home = server.data_dir().to_owned();
    assert_eq!(server.stop(), Some(0));
    let database = Database::create();
    let url = database.url();
    let from = sqlite(&home);

    let elsewhere = TempDir::new().unwrap();
    let said = refused(&migrate(&from, &sqlite(elsewhere.path()), &[]));
    assert!(said.contains("same engine"), "{said}");
    let said = refused(&migrate("sqlite:/nowhere/at/all", &url, &[]));
    assert!(said.contains("no database"), "{said}");
    let unreachable = "postgres://keeper:hunter2@127.0.0.1:1/gatelodge";
    let said = refused(&migrate(&from, unreachable, &[]));
    assert!(!said.contains("hunter2"), "{said}");

    // A row that somebody changed on the way back is found out, and so is a changed trail.
    let edited = Connection::open(home.join("gatelodge.db")).unwrap();
    edited
        .execute("UPDATE audit_events SET at = at + 1 WHERE position = 1", [])
        .unwrap();
    assert!(refused(&migrate(&from, &url, &[])).contains("trail"));
    edited
        .execute("UPDATE audit_events SET at = at - 1 WHERE position = 1", [])
        .unwrap();
    // NUL has no place in a text of PostgreSQL, and is never dropped in silence.
    edited
        .execute(
            "INSERT INTO system (name, value) VALUES ('a' || char(0) || 'b', x'00')",
            [],
        )
        .unwrap();
    assert!(refused(&migrate(&from, &url, &[])).contains("NUL"));
    edited
        .execute("DELETE FROM system WHERE value = x'00'", [])
        .unwrap();
    drop(edited);
    // The source is not what it was when the copy began.
    assert!(refused(&migrate(&from, &url, &[])).contains("before it was used again"));

    let full = Database::create();
    succeeded(&migrate(&from, &full.url(), &[]));
    assert!(refused(&migrate(&from, &full.url(), &[])).contains("not empty"));
    let sequences = full.sql("SELECT string_agg(sequencename, ',' ORDER BY 1) FROM pg_sequences");
    assert_eq!(
        sequences.trim(),
        "audit_events_position_seq,changes_number_seq",
        "a new sequence must go on where its source stopped"
    );
    fs::remove_dir_all(&home).unwrap();
}

#[test]
fn a_dump_that_postgresql_put_back_is_settled() {
    let mut server = Server::demo();
    let party = public_client(&server, "openid offline_access");
    let home = server.data_dir().to_owned();
    let first = party.redeem(&code(&server, &party)).expect_status(200);
    assert_eq!(server.stop(), Some(0));
    let database = Database::create();
    let url = database.url();
    succeeded(&migrate(&sqlite(&home), &url, &[]));
    let storage = ["--storage", "postgres", "--database-url", &url];
    let settle = ["restore", "--settle", "--data-dir", text(&home)];
    let said = succeeded(&Server::run(&[&settle, &storage[..]].concat()));
    assert!(said.contains("1 refresh families"), "{said}");
    server.move_to(&home, &storage);
    party
        .refresh(&first.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    assert_eq!(party.userinfo(&first.field("access_token")).status, 401);
    let _ = party.redeem(&code(&server, &party)).expect_status(200);
}
