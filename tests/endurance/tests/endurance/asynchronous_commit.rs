//! PostgreSQL can be told to answer before it wrote (`synchronous_commit = off`), for a role or
//! a database, by people who do not know what we promise. The server does not go along.

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gatelodge_endurance::house::{House, Storage};
use gatelodge_testkit::postgres::{self, Database};

/// A crash of the one cluster of this process is nobody else's business.
pub(crate) fn cluster() -> MutexGuard<'static, ()> {
    static CLUSTER: Mutex<()> = Mutex::new(());
    CLUSTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Turns it off for this database, for whoever connects from now on.
fn turn_off(database: &Database) {
    let name = database.sql("SELECT current_database()");
    let name = name.trim();
    let _ = database.sql(&format!(
        "ALTER DATABASE {name} SET synchronous_commit = off"
    ));
    assert_eq!(database.sql("SHOW synchronous_commit").trim(), "off");
}

#[test]
fn a_database_that_was_told_to_answer_early_is_refused_at_the_start() {
    let _alone = cluster();
    let binary = gatelodge_testkit::binary("gatelodge");
    let mut house = House::new(Storage::Postgres, &binary);
    turn_off(house.database().unwrap());
    let why = house.start().expect_err("it must not serve");
    assert!(why.contains("synchronous_commit = off"), "{why}");
    assert_eq!(why.lines().count(), 1, "{why}");
}

#[test]
fn a_database_that_is_told_later_to_answer_early_loses_nothing_of_ours() {
    let _alone = cluster();
    let binary = gatelodge_testkit::binary("gatelodge");
    let mut house = House::new(Storage::Postgres, &binary);
    house.start().unwrap();
    let party = house.world().confidential;
    let database = house.database().unwrap();
    let _ = database.sql("CREATE TABLE canary (id bigint)");
    // Asynchronous commits then wait for ten seconds, and a crash loses them.
    let _ = database.sql("ALTER SYSTEM SET wal_writer_delay = '10s'");
    let _ = database.sql("SELECT pg_reload_conf()");
    turn_off(database);
    // So that the server has to connect again.
    let _ = database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'gatelodge'",
    );
    let mut answered = Vec::new();
    for _ in 0..500 {
        let answer = party.token(&[("grant_type", "client_credentials")]);
        if answer.status == 200 {
            answered.push(answer.header("x-request-id").unwrap().to_owned());
        }
        if answered.len() == 20 {
            break;
        }
    }
    assert_eq!(answered.len(), 20, "it connects again");
    house.kill();
    let database = house.database().unwrap();
    // Whoever writes the log by itself stands still: it might do so at this very moment.
    let writer = database.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
    let stopped = Command::new("kill").args(["-STOP", writer.trim()]).status();
    assert!(stopped.unwrap().success(), "{writer}");
    // The twin: a session that goes along, after everybody else's last commit.
    let _ = database.sql("INSERT INTO canary VALUES (1)");
    postgres::stop_at_once();
    postgres::start_again();

    let canary = database.sql("SELECT count(*) FROM canary");
    assert_eq!(canary.trim(), "0", "a crash loses what was not written");
    let kept = |request: &String| {
        let count = "SELECT count(*) FROM audit_events WHERE request_id";
        database.sql(&format!("{count} = '{request}'")).trim() == "1"
    };
    let lost: Vec<&String> = answered.iter().filter(|request| !kept(request)).collect();
    assert_eq!(lost, Vec::<&String>::new());
    let _ = database.sql("ALTER SYSTEM RESET ALL");
    let _ = database.sql("SELECT pg_reload_conf()");
}
