//! Runs migration steps on a server: under an advisory lock, on a connection of its own, each
//! step in one transaction.
//!
//! The lock belongs to a transaction of its own, on a second connection. One that belonged to a
//! session would stay behind a pooler in transaction mode, where sessions outlive those who used
//! them: the next node to start would wait for it forever.

use gatelodge_migrations::Step;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};
use sea_orm_migration::SchemaManager;

use super::connect;
use crate::OpenError;
use crate::error;
use crate::schema::{self, APPLIED, Applied, Migrate, TABLE};

/// Any number will do that nobody else uses in this database.
const LOCK: i64 = 0x6761_7465_6c6f_6467;

/// Brings the server's schema to the newest of these steps.
pub(crate) async fn migrate(
    url: &str,
    steps: Vec<Step>,
    migrate: Migrate,
) -> Result<(), OpenError> {
    let database = connect::direct(url).await?;
    let ran = match connect::prove(&database).await {
        Ok(()) => under_lock(url, &database, steps, migrate).await,
        Err(error) => Err(error),
    };
    let closed = database.close().await.map_err(engine);
    ran.and(closed)
}

/// Whoever else migrates waits meanwhile. The lock goes with its transaction, however this ends.
async fn under_lock(
    url: &str,
    database: &DatabaseConnection,
    steps: Vec<Step>,
    migrate: Migrate,
) -> Result<(), OpenError> {
    let guard = connect::direct(url).await?;
    let held = guard.begin().await.map_err(engine)?;
    let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
    held.execute_unprepared(&lock).await.map_err(engine)?;
    let ran = pending_steps(database, steps, migrate).await;
    let released = held.commit().await.map_err(engine);
    let closed = guard.close().await.map_err(engine);
    ran.and(released).and(closed)
}

async fn pending_steps(
    database: &DatabaseConnection,
    steps: Vec<Step>,
    migrate: Migrate,
) -> Result<(), OpenError> {
    let applied = applied(database).await.map_err(engine)?;
    let pending = schema::pending(&applied, steps, migrate)?;
    if pending.is_empty() {
        return Ok(());
    }
    database.execute_unprepared(TABLE).await.map_err(engine)?;
    for step in &pending {
        run(database, step)
            .await
            .map_err(|error| schema::failed(step, error))?;
        tracing::info!(step = step.name, "migration step done");
    }
    Ok(())
}

async fn run(database: &DatabaseConnection, step: &Step) -> Result<(), DbErr> {
    let transaction = database.begin().await?;
    step.migration.up(&SchemaManager::new(&transaction)).await?;
    let record = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "INSERT INTO schema_steps VALUES ($1, $2, $3, extract(epoch FROM now())::bigint * 1000)",
        [
            i64::from(step.version).into(),
            step.name.into(),
            i64::from(step.readable_by).into(),
        ],
    );
    transaction.execute_raw(record).await?;
    transaction.commit().await
}

async fn applied(database: &DatabaseConnection) -> Result<Vec<Applied>, DbErr> {
    let query = |sql: &str| Statement::from_string(DbBackend::Postgres, sql);
    let exists = database
        .query_one_raw(query("SELECT to_regclass('schema_steps') IS NOT NULL"))
        .await?
        .map_or(Ok(false), |row| row.try_get_by_index(0))?;
    if !exists {
        return Ok(Vec::new());
    }
    let rows = database.query_all_raw(query(APPLIED)).await?;
    rows.iter()
        .map(|row| {
            Ok(Applied {
                version: row.try_get_by_index(0)?,
                readable_by: row.try_get_by_index(1)?,
            })
        })
        .collect()
}

fn engine(error: DbErr) -> OpenError {
    OpenError::Engine(error::from_postgres(error))
}
