//! Connecting: settings of every session, and the proof that durability is what we promise.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};

use crate::OpenError;

/// How long a statement, or a wait for a lock, may take; also the deadline of a unit.
pub(super) const DEADLINE: Duration = Duration::from_secs(2);
/// How long a connection is waited for.
const ACQUIRE: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 512;

/// The pool that units and snapshots use.
pub(super) async fn pool(url: &str, connections: u32) -> Result<DatabaseConnection, OpenError> {
    let mut options = plain(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .test_before_acquire_if_idle_for(Duration::from_secs(10))
        .map_sqlx_postgres_opts(|options| {
            options.statement_cache_capacity(STATEMENTS).options([
                ("statement_timeout", "2000"),
                ("lock_timeout", "2000"),
                ("default_transaction_isolation", "read committed"),
            ])
        });
    let database = connected(options).await?;
    prove(&database).await?;
    Ok(database)
}

/// One connection without time limits, for migration steps.
pub(super) async fn direct(url: &str) -> Result<DatabaseConnection, OpenError> {
    let mut options = plain(url);
    options.max_connections(1).min_connections(1);
    connected(options).await
}

fn plain(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .connect_timeout(ACQUIRE)
        .acquire_timeout(ACQUIRE)
        .set_application_name("gatelodge");
    options
}

async fn connected(options: ConnectOptions) -> Result<DatabaseConnection, OpenError> {
    Database::connect(options)
        .await
        .map_err(|error| OpenError::Unreachable(error.to_string().replace('\n', " ")))
}

async fn prove(database: &DatabaseConnection) -> Result<(), OpenError> {
    let commit = setting(database, "synchronous_commit").await?;
    if commit == "off" {
        return Err(OpenError::Setting {
            name: "synchronous_commit",
            found: commit,
            wanted: "on",
        });
    }
    let encoding = setting(database, "server_encoding").await?;
    if encoding != "UTF8" {
        return Err(OpenError::Setting {
            name: "server_encoding",
            found: encoding,
            wanted: "UTF8",
        });
    }
    Ok(())
}

async fn setting(database: &DatabaseConnection, name: &str) -> Result<String, OpenError> {
    let show = Statement::from_string(DbBackend::Postgres, format!("SHOW {name}"));
    let unreachable = |error: sea_orm::DbErr| OpenError::Unreachable(error.to_string());
    match database.query_one_raw(show).await.map_err(unreachable)? {
        Some(row) => row.try_get_by_index(0).map_err(unreachable),
        None => Ok(String::new()),
    }
}
