//! Learning from a small database, and writing it back.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::*;

const SCHEMA: &str = "
    CREATE TABLE clients (id BLOB PRIMARY KEY);
    CREATE TABLE users (id BLOB PRIMARY KEY);
    CREATE TABLE sessions (id BLOB PRIMARY KEY);
    CREATE TABLE refresh_families (realm BLOB, id BLOB, generation INTEGER, dead_at INTEGER,
        PRIMARY KEY (realm, id));
    CREATE TABLE tickets (realm BLOB, digest BLOB, grant_id BLOB, redeemed_at INTEGER,
        PRIMARY KEY (realm, digest));
    CREATE TABLE audit_events (position INTEGER PRIMARY KEY, realm BLOB, actor BLOB, action TEXT,
        grant_id BLOB);
    CREATE TABLE audit_seals (number INTEGER PRIMARY KEY, mac BLOB);
    INSERT INTO clients VALUES (x'00000000000000000000000000000001'),
        (x'00000000000000000000000000000002');
    INSERT INTO refresh_families VALUES (x'aa', x'00000000000000000000000000000011', 1,
        1700000000000), (x'aa', x'00000000000000000000000000000012', 1, 1700000000000);
";
const NOW: i64 = 1_700_000_000_500;

struct Database {
    folder: std::path::PathBuf,
    connection: Connection,
}

impl Database {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rows-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&folder);
        let connection = Connection::open(&folder).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        Self { folder, connection }
    }

    fn look(&self) -> Snapshot {
        Snapshot::take(&self.folder).unwrap()
    }

    fn numbers(&self, sql: &str) -> Vec<i64> {
        let mut statement = self.connection.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        found.map(Result::unwrap).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.folder);
    }
}

#[test]
fn two_requests_of_an_operation_are_learned_and_written_as_often_as_wanted() {
    let database = Database::new("code");
    let mut slots = BTreeMap::new();
    let (digest, grant) = ("bb".repeat(32), "cc".repeat(16));
    let before = database.look();
    database
        .connection
        .execute_batch(&format!(
            "INSERT INTO tickets VALUES (x'aa', x'{digest}', x'{grant}', NULL);
             INSERT INTO audit_events VALUES (1, x'aa', x'00000000000000000000000000000001',
                'code_issued', x'{grant}');
             INSERT INTO audit_seals VALUES (1, x'dd');"
        ))
        .unwrap();
    let between = database.look();
    database
        .connection
        .execute_batch(&format!("UPDATE tickets SET redeemed_at = {NOW};"))
        .unwrap();
    let after = database.look();

    let issue = learn(&before, &between, &mut slots);
    let redeem = learn(&between, &after, &mut slots);
    assert_eq!(issue.len(), 3);
    assert_eq!(redeem.len(), 1);
    assert_eq!(
        redeem[0].columns,
        [("redeemed_at".to_owned(), Cell::Moment(NOW))]
    );
    assert!(matches!(redeem[0].key[1].1, Cell::Fresh { length: 32, .. }));
    assert!(issue.iter().any(|row| row.per == Per::Transaction));

    let mut statements = Statements::prepare(&database.connection, vec![issue, redeem]).unwrap();
    for _ in 0..3 {
        statements.write(&database.connection, 0).unwrap();
    }
    for _ in 0..2 {
        statements.write(&database.connection, 1).unwrap();
    }
    statements.finish(&database.connection).unwrap();
    assert_eq!(
        database.numbers("SELECT count(*) FROM tickets WHERE redeemed_at >= 1700000000500"),
        [3]
    );
    assert_eq!(database.numbers("SELECT count(*) FROM tickets"), [4]);
    assert_eq!(
        database.numbers("SELECT position FROM audit_events ORDER BY position"),
        [1, 2, 3, 4]
    );
    assert_eq!(
        database.numbers("SELECT count(DISTINCT actor) FROM audit_events WHERE position > 1"),
        [2]
    );
    assert_eq!(
        database.numbers("SELECT count(*) FROM tickets JOIN audit_events USING (grant_id)"),
        [4]
    );
    assert_eq!(database.numbers("SELECT count(*) FROM audit_seals"), [2]);
}

#[test]
fn a_change_of_a_row_that_was_there_goes_round_all_of_its_kind() {
    let database = Database::new("refresh");
    let before = database.look();
    database
        .connection
        .execute_batch(
            "UPDATE refresh_families SET generation = 2, dead_at = 1700000001000
             WHERE id = x'00000000000000000000000000000011'",
        )
        .unwrap();
    let rotate = learn(&before, &database.look(), &mut BTreeMap::new());
    assert_eq!(rotate.len(), 1);
    assert_eq!(rotate[0].key[1].1, Cell::Of("refresh_families".to_owned()));
    let mut statements = Statements::prepare(&database.connection, vec![rotate]).unwrap();
    for _ in 0..2 {
        statements.write(&database.connection, 0).unwrap();
    }
    assert_eq!(
        database.numbers("SELECT generation FROM refresh_families"),
        [2, 2]
    );
}

#[test]
fn a_template_that_changes_nothing_is_an_error_and_not_a_quick_request() {
    let database = Database::new("nothing");
    let template = RowTemplate {
        table: "tickets".to_owned(),
        columns: vec![("redeemed_at".to_owned(), Cell::Moment(NOW))],
        key: vec![(
            "digest".to_owned(),
            Cell::Fresh {
                slot: 0,
                length: 32,
            },
        )],
        per: Per::Request,
    };
    let mut statements = Statements::prepare(&database.connection, vec![vec![template]]).unwrap();
    assert!(statements.write(&database.connection, 0).is_err());
}
