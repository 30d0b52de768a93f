//! What retention takes from the trail, and how a trail that somebody else shortened shows.

use std::fs;
use std::path::{Path, PathBuf};

use gatelodge_testkit::{Administrator, Server};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::{command, said, tokens};

fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("gatelodge.db")).unwrap()
}

fn number(folder: &Path, sql: &str) -> i64 {
    database(folder)
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// A copy of a stopped server's folder.
fn copied(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir_all(to).unwrap();
    for name in ["gatelodge.db", "master.key"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
    to.to_owned()
}

/// A stopped server whose trail was shortened by all but its newest seal.
struct Shortened {
    server: Server,
    elsewhere: TempDir,
    /// The folder as it was before.
    before: PathBuf,
    /// Events that went.
    gone: i64,
    /// How verification speaks of them.
    said: String,
}

impl Shortened {
    fn new() -> Self {
        let elsewhere = TempDir::new().unwrap();
        let mut server = Server::demo();
        tokens(&server, 20);
        assert_eq!(server.stop(), Some(0));
        let folder = server.data_dir().to_owned();
        let before = copied(&folder, &elsewhere.path().join("before"));
        let events = number(&folder, "SELECT count(*) FROM audit_events");
        let all = said(&command("verify", &folder, &[]));
        assert!(all.contains(&format!("whole: {events} events")), "{all}");
        let kept = said(&command("remove", &folder, &["--older-than-days", "1"]));
        assert_eq!(kept, "0 events were removed\n");
        let removed = said(&command("remove", &folder, &["--older-than-days", "0"]));
        let left = number(&folder, "SELECT count(*) FROM audit_events");
        assert!(left < 5, "the newest seal and what it covers: {left}");
        let gone = events + 1 - left;
        assert_eq!(removed, format!("{gone} events were removed\n"));
        Self {
            server,
            elsewhere,
            before,
            gone,
            said: format!("{gone} events before were removed under retention"),
        }
    }

    fn folder(&self) -> &Path {
        self.server.data_dir()
    }
}

#[test]
fn a_shortened_trail_verifies_and_the_house_goes_on() {
    let mut story = Shortened::new();
    let folder = story.folder().to_owned();
    let first = number(&folder, "SELECT min(position) FROM audit_events");
    let whole = said(&command("verify", &folder, &[]));
    let from = format!("whole from position {first} on");
    assert!(
        whole.contains(&from) && whole.contains(&story.said),
        "{whole}"
    );

    story.server.restart();
    let administrator = Administrator::of(&story.server);
    tokens(&story.server, 5);
    let found = administrator.get("/audit/verification");
    let found = found.expect_status(200).json();
    assert_eq!(
        (&found["whole"], &found["first"]),
        (&json!(true), &json!(first))
    );
    assert_eq!(found["removed"], story.gone);
    let done = administrator.get("/audit?action=audit.removed").json();
    assert_eq!(done["items"][0]["facts"]["events"], story.gone);
    assert_eq!(done["items"][0]["actor"]["kind"], "operator");
    assert_eq!(story.server.stop(), Some(0));

    // A copy keeps what was declared.
    let place = |name: &str| {
        story
            .elsewhere
            .path()
            .join(name)
            .to_str()
            .unwrap()
            .to_owned()
    };
    let data = folder.to_str().unwrap();
    let (copy, back, key) = (place("copy"), place("back"), format!("{data}/master.key"));
    said(&Server::run(&[
        "backup",
        "--data-dir",
        data,
        "--out",
        &copy,
    ]));
    let key = ["--master-key-file", &key];
    said(&Server::run(
        &[&["restore", "--data-dir", &back, &copy], &key[..]].concat(),
    ));
    let whole = said(&command("verify", Path::new(&back), &key));
    assert!(whole.contains(&story.said), "{whole}");
}

#[test]
fn whoever_has_the_file_and_not_the_key_cannot_shorten_the_trail() {
    const NEXT: &str = "DELETE FROM audit_events WHERE position <= \
         (SELECT min(last_position) FROM audit_seals); \
         DELETE FROM audit_seals WHERE number = (SELECT min(number) FROM audit_seals)";
    const FORGED: &str = "UPDATE system SET value = zeroblob(97) WHERE name = 'audit_floor'";
    let story = Shortened::new();
    for (number, edit) in [
        // The next range goes as retention takes it; and the floor seems to say so.
        NEXT,
        &format!("{NEXT}; {FORGED}"),
        FORGED,
        "DELETE FROM system WHERE name = 'audit_floor'",
        "DELETE FROM audit_events WHERE position = (SELECT max(position) FROM audit_events)",
        // One comes back below.
        "UPDATE audit_events SET position = 1 \
         WHERE position = (SELECT max(position) FROM audit_events)",
    ]
    .into_iter()
    .enumerate()
    {
        let place = story.elsewhere.path().join(format!("tampered{number}"));
        let tampered = copied(story.folder(), &place);
        database(&tampered).execute_batch(edit).unwrap();
        let output = command("verify", &tampered, &[]);
        assert_eq!(output.status.code(), Some(1), "{edit} was not found out");
    }
    // The same without retention, on the trail as it was.
    database(&story.before).execute_batch(NEXT).unwrap();
    let output = command("verify", &story.before, &[]);
    assert_eq!(output.status.code(), Some(1));
}

/// The floor of later in the tables of before is what a crash leaves behind.
#[test]
fn a_removal_that_was_interrupted_verifies_and_is_finished() {
    let story = Shortened::new();
    let fact = "SELECT value FROM system WHERE name = 'audit_floor'";
    let floor: Vec<u8> = database(story.folder())
        .query_row(fact, [], |row| row.get(0))
        .unwrap();
    let declare = "INSERT INTO system (name, value) VALUES ('audit_floor', ?1)";
    database(&story.before).execute(declare, [&floor]).unwrap();
    let declared = said(&command("verify", &story.before, &[]));
    assert!(
        declared.contains("the audit trail is whole: "),
        "{declared}"
    );

    // Some of it went.
    let half = copied(&story.before, &story.elsewhere.path().join("half"));
    database(&half)
        .execute_batch(
            "DELETE FROM audit_events WHERE position <= \
             (SELECT last_position FROM audit_seals WHERE number = 3); \
             DELETE FROM audit_seals WHERE number <= 3",
        )
        .unwrap();
    let on = said(&command("verify", &half, &[]));
    assert!(on.contains("were removed under retention"), "{on}");
    let further = said(&command("remove", &half, &["--older-than-days", "1"]));
    assert_ne!(further, "0 events were removed\n");
    let on = said(&command("verify", &half, &[]));
    assert!(on.contains(&story.said), "{on}");

    // What is declared and still there is held by the chain like the rest.
    let edit = "UPDATE audit_events SET outcome = 'denied' WHERE position = 2";
    database(&story.before).execute(edit, []).unwrap();
    let output = command("verify", &story.before, &[]);
    assert_eq!(output.status.code(), Some(1));
}
