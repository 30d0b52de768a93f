//! Runs migration steps on a file.
//!
//! The steps speak to SeaORM's proxy over a connection of their own, on which references are
//! not enforced, because tables are rebuilt; `foreign_key_check` before each COMMIT makes up
//! for that. Before the first pending step on a database that has data, a copy is put beside
//! the file; the three newest are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatelodge_migrations::Step;
use rusqlite::Connection;
use sea_orm::{DatabaseConnection, DbBackend, ProxyDatabaseTrait};
use sea_orm_migration::SchemaManager;

use super::connection::{Purpose, Source};
use super::proxy::Proxy;
use crate::OpenError;
use crate::error;
use crate::schema::{self, APPLIED, Applied, Migrate, TABLE};

const COPIES: usize = 3;

/// Brings the file's schema to the newest of these steps.
pub(crate) async fn migrate(
    source: &Source,
    steps: Vec<Step>,
    migrate: Migrate,
) -> Result<(), OpenError> {
    let connection = source.open(Purpose::Migrate)?;
    // Whoever else is writing shows here, before anything is promised.
    batch(&connection, "BEGIN IMMEDIATE; ROLLBACK").map_err(|error| source.explain(error))?;
    let applied = applied(&connection).map_err(error::from_sqlite)?;
    let pending = schema::pending(&applied, steps, migrate)?;
    if pending.is_empty() {
        return Ok(());
    }
    if let Some(newest) = applied.last() {
        copy(&connection, source.path(), newest.version)?;
    }
    batch(&connection, TABLE).map_err(error::from_sqlite)?;
    let proxy = Proxy::over(connection);
    let handle: Box<dyn ProxyDatabaseTrait> = Box::new(proxy.clone());
    let database = sea_orm::Database::connect_proxy(DbBackend::Sqlite, Arc::new(handle))
        .await
        .map_err(|error| OpenError::Engine(error::undecodable(error)))?;
    for step in &pending {
        let ran = run(&proxy, &database, step).await;
        if ran.is_err() {
            proxy
                .with(|connection| batch(connection, "ROLLBACK"))
                .map_err(error::from_sqlite)?;
        }
        ran?;
        tracing::info!(step = step.name, "migration step done");
    }
    Ok(())
}

async fn run(proxy: &Proxy, database: &DatabaseConnection, step: &Step) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| schema::failed(step, error);
    proxy
        .with(|connection| batch(connection, "BEGIN IMMEDIATE"))
        .map_err(failed)?;
    let manager = SchemaManager::new(database);
    step.migration
        .up(&manager)
        .await
        .map_err(|error| schema::failed(step, error))?;
    let orphans: i64 = proxy
        .with(|connection| {
            connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
        })
        .map_err(failed)?;
    if orphans > 0 {
        return Err(schema::failed(
            step,
            format!("{orphans} row(s) point to nothing"),
        ));
    }
    proxy
        .with(|connection| {
            connection.execute(
                "INSERT INTO schema_steps VALUES (?1, ?2, ?3, unixepoch('now') * 1000)",
                (step.version, step.name, step.readable_by),
            )?;
            batch(connection, "COMMIT")
        })
        .map_err(failed)
}

fn applied(connection: &Connection) -> rusqlite::Result<Vec<Applied>> {
    let exists: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'schema_steps')",
        [],
        |row| row.get(0),
    )?;
    if !exists {
        return Ok(Vec::new());
    }
    connection
        .prepare(APPLIED)?
        .query_map([], |row| {
            Ok(Applied {
                version: row.get(0)?,
                readable_by: row.get(1)?,
            })
        })?
        .collect()
}

fn batch(connection: &Connection, statements: &str) -> rusqlite::Result<()> {
    connection.execute_batch(statements)
}

/// Puts a copy beside the file, under the same key, and removes all but the newest ones.
fn copy(connection: &Connection, path: &Path, version: i64) -> Result<(), OpenError> {
    let io = |error: std::io::Error| OpenError::Engine(error::undecodable(error));
    let target = beside(path, &format!(".before-step-{:04}", version + 1));
    if target.exists() {
        fs::remove_file(&target).map_err(io)?;
    }
    connection
        .execute("VACUUM INTO ?1", [target.to_string_lossy()])
        .map_err(error::from_sqlite)?;
    let permissions = fs::metadata(path).map_err(io)?.permissions();
    fs::set_permissions(&target, permissions).map_err(io)?;
    let mut copies = copies(path).map_err(io)?;
    copies.sort();
    for old in copies.iter().rev().skip(COPIES) {
        fs::remove_file(old).map_err(io)?;
    }
    Ok(())
}

fn copies(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let prefix = beside(path, ".before-step-");
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?.path();
        let is_copy = entry
            .file_name()
            .zip(prefix.file_name())
            .is_some_and(|(name, prefix)| {
                name.as_encoded_bytes()
                    .starts_with(prefix.as_encoded_bytes())
            });
        if is_copy {
            copies.push(entry);
        }
    }
    Ok(copies)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn before_a_pending_step_a_copy_is_made_and_three_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let key = gatelodge_domain::SecretBytes::new(vec![7; 32]);
        let source = Source::new(&folder.path().join("gatelodge.db"), Some(key.clone())).unwrap();
        for known in 1..=gatelodge_migrations::READS as usize {
            let steps = gatelodge_migrations::steps()
                .into_iter()
                .take(known)
                .collect();
            migrate(&source, steps, Migrate::Run).await.unwrap();
        }
        let mut copies: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains(".before-step-"))
            .collect();
        copies.sort();
        assert_eq!(copies.len(), 3, "{copies:?}");
        let newest = copies.last().unwrap();
        let text = std::fs::read(newest).unwrap();
        assert!(
            !text.starts_with(b"SQLite format 3"),
            "the copy is under the key, too"
        );
        let copy = Source::new(newest, Some(key)).unwrap();
        let connection = copy.open(Purpose::Write).unwrap();
        let version: i64 = connection
            .query_row("SELECT max(version) FROM schema_steps", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(version, i64::from(gatelodge_migrations::READS) - 1);
    }

    #[tokio::test]
    #[expect(
        elided_lifetimes_in_paths,
        reason = "`up` must be spelled as the trait spells it, or async-trait makes another signature"
    )]
    async fn a_step_that_fails_is_undone() {
        use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

        struct Breaks;
        impl MigrationName for Breaks {
            fn name(&self) -> &'static str {
                "breaks"
            }
        }
        #[async_trait::async_trait]
        impl MigrationTrait for Breaks {
            async fn up(&self, manager: &SchemaManager) -> Result<(), sea_orm::DbErr> {
                use sea_orm::ConnectionTrait as _;
                let connection = manager.get_connection();
                connection
                    .execute_unprepared("CREATE TABLE half (a)")
                    .await?;
                connection.execute_unprepared("nonsense").await.map(|_| ())
            }
        }

        let folder = tempfile::tempdir().unwrap();
        let source = Source::new(&folder.path().join("gatelodge.db"), None).unwrap();
        let mut steps = gatelodge_migrations::steps();
        steps.push(Step {
            version: gatelodge_migrations::READS + 1,
            name: "breaks",
            readable_by: 1,
            migration: Box::new(Breaks),
        });
        let failed = migrate(&source, steps, Migrate::Run)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            failed.starts_with("migration step breaks failed and was undone: "),
            "{failed}"
        );
        let connection = source.open(Purpose::Read).unwrap();
        let half = connection.prepare("SELECT * FROM half").map(|_| ());
        assert!(
            half.is_err(),
            "the step's first statement is undone with it"
        );
        let version = applied(&connection)
            .unwrap()
            .last()
            .map(|step| step.version);
        assert_eq!(
            version,
            Some(i64::from(gatelodge_migrations::READS)),
            "the steps before it stay"
        );
    }
}
