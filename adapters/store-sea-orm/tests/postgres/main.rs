//! The store on PostgreSQL: the conformance suite and the server engine's own promises, on a
//! cluster that this process starts and that ends with it.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in the functions that its cases share"
)]

mod engine;
mod late_changes;
mod notifications;

use gatelodge_conformance::{Opened, store_suite};
use gatelodge_store_sea_orm::{Migrate, Notifications, PostgresOptions, SeaOrmStore};
use gatelodge_testkit::postgres::Database;

fn options(database: &Database) -> PostgresOptions {
    PostgresOptions {
        url: gatelodge_domain::SecretText::new(database.url()),
        migrate: Migrate::Run,
        max_connections: 10,
        notifications: Notifications::On,
    }
}

async fn open() -> Opened {
    let database = Database::create();
    let store = SeaOrmStore::open_postgres(options(&database))
        .await
        .unwrap();
    Opened::new(store, database)
}

store_suite!(open);
