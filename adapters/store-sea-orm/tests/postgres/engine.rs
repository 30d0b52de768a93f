//! What the server engine promises beyond the suite.

use std::sync::Arc;
use std::time::Duration;

use gatelodge_conformance::{samples, seal_key};
use gatelodge_domain::Seal;
use gatelodge_ports::{Store, StoreError};
use gatelodge_store_sea_orm::{Migrate, Notifications, OpenError, PostgresOptions, SeaOrmStore};
use tokio::time::{sleep, timeout};

use crate::options;
use gatelodge_testkit::postgres::Database;

const PATIENCE: Duration = Duration::from_mins(1);

async fn opened(database: &Database) -> Arc<SeaOrmStore> {
    let store = SeaOrmStore::open_postgres(options(database)).await.unwrap();
    store.use_seal_key(seal_key());
    store
}

async fn append(store: &SeaOrmStore, count: usize) {
    let realm = samples::realm();
    let events: Vec<_> = (0..count).map(|_| samples::event(realm.id)).collect();
    let mut unit = store.write().await.unwrap();
    unit.audit().append(&events).await.unwrap();
    unit.commit().await.unwrap();
}

/// The seals, once they cover that many events.
async fn seals_over(store: &SeaOrmStore, events: u32) -> Vec<Seal> {
    let look = async {
        loop {
            let seals = store
                .read()
                .await
                .unwrap()
                .audit()
                .seals(1, 1000)
                .await
                .unwrap();
            if seals.iter().map(|seal| seal.count).sum::<u32>() >= events {
                return seals;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, look)
        .await
        .expect("the trail is sealed in time")
}

#[tokio::test]
async fn events_are_sealed_within_seconds_by_one_of_many_nodes() {
    let database = Database::create();
    let (first, second) = (opened(&database).await, opened(&database).await);
    append(&first, 3).await;
    append(&second, 4).await;
    let seals = seals_over(&first, 7).await;
    assert_eq!(seals.iter().map(|seal| seal.count).sum::<u32>(), 7);
    for (previous, seal) in seals.iter().zip(&seals[1..]) {
        assert_eq!(seal.previous, previous.mac);
        assert!(seal.first > previous.last);
    }
    first.close().await.unwrap();
    second.close().await.unwrap();
}

#[tokio::test]
async fn an_event_that_commits_late_is_sealed_in_its_place() {
    let database = Database::create();
    let store = opened(&database).await;
    let realm = samples::realm();
    let mut sealed = Vec::new();
    for events in 0..20 {
        let mut late = store.write().await.unwrap();
        late.audit()
            .append(&[samples::event(realm.id)])
            .await
            .unwrap();
        append(&store, 1).await;
        sleep(Duration::from_millis(1_200)).await;
        let early = seals_over(&store, 0).await;
        if late.commit().await.is_err() {
            // This machine stood still past the unit's deadline, and then nothing is to come.
            sealed = seals_over(&store, events + 1).await;
            continue;
        }
        assert_eq!(early, sealed, "a lower position may still come");
        let seals = seals_over(&store, events + 2).await;
        let (first, last) = (&seals[sealed.len()], &seals[seals.len() - 1]);
        assert_eq!(
            first.first + 1,
            last.last,
            "the late one and the one after it"
        );
        store.close().await.unwrap();
        return;
    }
    panic!("no unit comes to its end in time");
}

#[tokio::test]
async fn a_dropped_unit_releases_its_locks_and_leaves_no_trace() {
    let database = Database::create();
    let store = opened(&database).await;
    let realm = samples::realm();
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    drop(unit);
    let mut unit = store.write().await.unwrap();
    timeout(PATIENCE, unit.realms().insert(&realm))
        .await
        .unwrap()
        .unwrap();
    unit.commit().await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_unit_past_its_deadline_is_rolled_back() {
    let database = Database::create();
    let store = opened(&database).await;
    let realm = samples::realm();
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    let mut other = store.write().await.unwrap();
    // Waits for the first unit's key, gets it when that one's time is over, or is told so.
    let second = timeout(PATIENCE, other.realms().insert(&realm)).await;
    assert!(
        matches!(second, Ok(Ok(()) | Err(StoreError::Contended))),
        "{second:?}"
    );
    drop(other);
    let look = async {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND state LIKE 'idle in transaction%'";
        while database.sql(open).trim() != "0" {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let rolled_back = timeout(PATIENCE, look).await;
    assert!(rolled_back.is_ok(), "a unit stays open past its deadline");
    assert!(matches!(
        unit.commit().await,
        Err(StoreError::Unavailable(_))
    ));
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_unit_with_a_failed_statement_cannot_commit() {
    let database = Database::create();
    let store = opened(&database).await;
    let (realm, other) = (samples::realm(), samples::realm());
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    unit.commit().await.unwrap();
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&other).await.unwrap();
    assert!(matches!(
        unit.realms().insert(&realm).await,
        Err(StoreError::Duplicate(_))
    ));
    assert!(
        unit.commit().await.is_err(),
        "the server would answer with a silent rollback"
    );
    let found = store
        .read()
        .await
        .unwrap()
        .realms()
        .find(other.id)
        .await
        .unwrap();
    assert_eq!(found, None);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_session_without_durable_commits_is_refused() {
    let database = Database::create();
    let opened = SeaOrmStore::open_postgres(PostgresOptions {
        url: gatelodge_domain::SecretText::new(format!(
            "{}&options=-c%20synchronous_commit%3Doff",
            database.url()
        )),
        migrate: Migrate::Run,
        max_connections: 2,
        notifications: Notifications::On,
    })
    .await;
    let Err(OpenError::Setting { name, .. }) = opened else {
        panic!("it opens");
    };
    assert_eq!(name, "synchronous_commit");
}

#[tokio::test]
async fn nodes_that_start_at_once_migrate_once() {
    let database = Database::create();
    let (one, two, three) = tokio::join!(opened(&database), opened(&database), opened(&database));
    let steps = database.sql("SELECT count(*) FROM schema_steps");
    assert_eq!(steps.trim(), gatelodge_migrations::READS.to_string());
    for store in [one, two, three] {
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn an_unreachable_server_is_one_clear_line() {
    let options = PostgresOptions {
        url: gatelodge_domain::SecretText::new(
            "postgres://gatelodge:secret-word@localhost/x?host=/nowhere".to_owned(),
        ),
        migrate: Migrate::Run,
        max_connections: 1,
        notifications: Notifications::On,
    };
    let Err(error) = SeaOrmStore::open_postgres(options).await else {
        panic!("it opens");
    };
    let line = error.to_string();
    assert!(
        line.starts_with("the database cannot be reached: "),
        "{line}"
    );
    assert!(
        !line.contains('\n') && !line.contains("secret-word"),
        "{line}"
    );
}
