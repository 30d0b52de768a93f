//! Nodes wake each other, and need not.

use std::sync::Arc;
use std::time::Duration;

use gatelodge_conformance::samples::{self, NOW};
use gatelodge_ports::Store;
use gatelodge_ports::store::Change;
use gatelodge_store_sea_orm::{Notifications, PostgresOptions, SeaOrmStore};
use gatelodge_testkit::postgres::Database;
use tokio::time::{Instant, timeout};

use crate::options;

const PATIENCE: Duration = Duration::from_mins(1);
/// Less than the poll that would find it anyway.
const AT_ONCE: Duration = Duration::from_millis(150);

async fn node(database: &Database, notifications: Notifications) -> Arc<SeaOrmStore> {
    let options = PostgresOptions {
        notifications,
        ..options(database)
    };
    SeaOrmStore::open_postgres(options).await.unwrap()
}

async fn announce(store: &SeaOrmStore) {
    let mut unit = store.write().await.unwrap();
    let change = Change::Realm(samples::realm().id);
    unit.changes().announce(change, NOW).await.unwrap();
    unit.commit().await.unwrap();
}

/// Whether a change at one node wakes the other before its poll.
async fn wakes(one: &SeaOrmStore, other: &SeaOrmStore) -> bool {
    // What was heard before is no news.
    loop {
        let began = Instant::now();
        other.change_feed().wait().await;
        if began.elapsed() > AT_ONCE {
            break;
        }
    }
    let began = Instant::now();
    let (took, ()) = tokio::join!(
        async {
            other.change_feed().wait().await;
            began.elapsed()
        },
        announce(one)
    );
    took < AT_ONCE
}

/// Of the listeners at this database: the tests of one run share a server.
const LISTENERS: &str = "FROM pg_stat_activity \
     WHERE application_name = 'gatelodge listener' AND datname = current_database()";

async fn wakes_in_the_end(one: &SeaOrmStore, other: &SeaOrmStore) {
    let woken = async { while !wakes(one, other).await {} };
    timeout(PATIENCE, woken).await.expect("it is woken");
}

#[tokio::test]
async fn a_change_wakes_other_nodes_also_after_their_connection_was_lost() {
    let database = Database::create();
    let one = node(&database, Notifications::On).await;
    let other = node(&database, Notifications::On).await;
    wakes_in_the_end(&one, &other).await;
    wakes_in_the_end(&other, &one).await;
    let ended = database.sql(&format!(
        "SELECT count(pg_terminate_backend(pid)) {LISTENERS}"
    ));
    assert_eq!(ended.trim(), "2", "both listen");
    wakes_in_the_end(&one, &other).await;
    one.close().await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn without_notifications_nobody_listens_and_the_feed_is_polled() {
    let database = Database::create();
    let one = node(&database, Notifications::Off).await;
    let other = node(&database, Notifications::Off).await;
    for _ in 0..3 {
        assert!(!wakes(&one, &other).await);
    }
    let listening = database.sql(&format!("SELECT count(*) {LISTENERS}"));
    assert_eq!(listening.trim(), "0");
    let seen = other.read().await.unwrap().changes().since(0, 10).await;
    assert_eq!(seen.unwrap().len(), 3);
    one.close().await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn commits_stay_durable_when_a_default_of_the_database_changes() {
    let database = Database::create();
    let store = node(&database, Notifications::Off).await;
    let name = database.sql("SELECT current_database()");
    let _ = database.sql(
        "CREATE TABLE seen (setting text); \
         CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$; \
         CREATE TRIGGER look BEFORE INSERT OR UPDATE ON system \
         FOR EACH ROW EXECUTE FUNCTION look()",
    );
    let _ = database.sql(&format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        name.trim()
    ));
    // Connections that are made from here on would have it.
    let _ = database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'gatelodge' AND datname = current_database()",
    );
    let written = async {
        loop {
            if let Ok(mut unit) = store.write().await
                && unit.system().put("probe", b"1").await.is_ok()
                && unit.commit().await.is_ok()
            {
                return;
            }
        }
    };
    timeout(PATIENCE, written).await.expect("it connects again");
    // A try whose answer was lost with its connection may have written, too.
    let seen = database.sql("SELECT DISTINCT setting FROM seen");
    assert_eq!(seen.trim(), "on");
    store.close().await.unwrap();
}
