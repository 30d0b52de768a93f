//! Connecting: settings of every session, and the proof that durability is what we promise.

use std::time::Duration;

use gatelodge_ports::StoreError;
use sea_orm::sqlx::Executor as _;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};
use tokio::time::timeout;

use crate::OpenError;
use crate::error;

/// How long a statement, or a wait for a lock, may take; also the deadline of a unit.
pub(super) const DEADLINE: Duration = Duration::from_secs(2);
/// How long a connection is waited for at the start.
pub(super) const ACQUIRE: Duration = Duration::from_secs(5);
/// How long a request waits for one: as long as for a statement.
const ACQUIRE_IN_SERVICE: Duration = DEADLINE;
/// How long the server is waited for, a free connection included. It gives up earlier by
/// itself; this is for the network between us, which may be cut without a word.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 512;
/// Durable answers must be durable whatever a role's or a database's settings became since the
/// start. What is stronger than `on` is left as it is.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') = 'off'";

/// When a pool connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connect {
    /// At once; where it cannot, there is no pool.
    Now,
    /// When it is asked for a connection.
    Lazily,
}

/// Waits for the server, but not forever; none where it did not answer.
pub(super) async fn answered<T>(
    call: impl Future<Output = Result<T, DbErr>>,
) -> Option<Result<T, StoreError>> {
    let answer = timeout(ANSWER, call).await.ok()?;
    Some(answer.map_err(error::from_postgres))
}

/// The pool that units and snapshots use.
pub(super) async fn pool(
    url: &str,
    connections: u32,
    connect: Connect,
) -> Result<DatabaseConnection, OpenError> {
    let mut options = plain(url);
    options
        .connect_lazy(connect == Connect::Lazily)
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_IN_SERVICE)
        .test_before_acquire_if_idle_for(Duration::from_secs(10))
        .map_sqlx_postgres_pool_opts(|pool| {
            pool.after_connect(|connection, _| {
                Box::pin(async move { connection.execute(DURABLE).await.map(|_| ()) })
            })
        })
        .map_sqlx_postgres_opts(|options| {
            options.statement_cache_capacity(STATEMENTS).options([
                ("statement_timeout", "2000"),
                ("lock_timeout", "2000"),
                ("default_transaction_isolation", "read committed"),
            ])
        });
    connected(options).await
}

/// One connection without time limits, for migration steps.
pub(crate) async fn direct(url: &str) -> Result<DatabaseConnection, OpenError> {
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

/// Refuses a server whose settings break what we promise.
pub(super) async fn prove(database: &DatabaseConnection) -> Result<(), OpenError> {
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
