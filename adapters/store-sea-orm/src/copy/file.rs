//! One embedded database as a file of its own, and whether such a file is whole.
//!
//! A copy is made by `VACUUM INTO` in one read transaction: it is what was committed at that
//! moment, whoever writes meanwhile; it has no free pages, so nothing that was deleted is in it;
//! and it is under the same database key (SQLCipher writes it page by page under its own salt).

use std::fs::File;
use std::path::Path;

use gatelodge_domain::{Seal, SecretBytes};
use gatelodge_ports::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::OpenError;
use crate::error;
use crate::sqlite::{Purpose, Source, read_seal};

/// What a file says of itself.
#[derive(Debug, Clone)]
pub struct CopiedFacts {
    /// The version of its schema.
    pub schema_version: u32,
    /// The lowest version that a reader of it must know.
    pub readable_by: u32,
    /// Facts about the store, by name.
    pub system: Vec<(String, Vec<u8>)>,
    /// The newest seal of the audit trail.
    pub newest_seal: Option<Seal>,
}

impl CopiedFacts {
    /// The fact of that name.
    pub fn fact(&self, name: &str) -> Option<&[u8]> {
        self.system
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_slice())
    }
}

/// What is wrong with a file, in one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum CopyFault {
    /// It does not open.
    Closed(OpenError),
    /// A page does not carry the authentication code that its key gives it (SQLCipher).
    Forged(String),
    /// `PRAGMA integrity_check` complains.
    Broken(String),
    /// Rows point to nothing (`PRAGMA foreign_key_check`).
    Orphans(i64),
    /// It is a database, and not one of ours.
    Foreign,
}

impl core::fmt::Display for CopyFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Closed(error) => write!(f, "{error}"),
            Self::Forged(what) => write!(f, "the database is damaged (cipher check): {what}"),
            Self::Broken(what) => write!(f, "the database is damaged (integrity check): {what}"),
            Self::Orphans(rows) => {
                write!(f, "the database is damaged: {rows} row(s) point to nothing")
            }
            Self::Foreign => f.write_str("the file is a database, but none of Gatelodge"),
        }
    }
}

impl std::error::Error for CopyFault {}

impl From<OpenError> for CopyFault {
    fn from(error: OpenError) -> Self {
        Self::Closed(error)
    }
}

impl From<rusqlite::Error> for CopyFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Closed(OpenError::Engine(error::from_sqlite(error)))
    }
}

/// Writes what is committed in the database at `from`, running or not, to the new file `to`,
/// under the same key, and makes it durable. `to` may be there, if it is empty. Blocks.
pub fn copy_file(from: &Path, key: Option<SecretBytes>, to: &Path) -> Result<(), OpenError> {
    let source = Source::new(from, key)?;
    let connection = source.open(Purpose::Migrate)?;
    connection
        .execute("VACUUM INTO ?1", [to.to_string_lossy()])
        .map_err(|error| source.explain(error))?;
    let durable = File::open(to).and_then(|file| file.sync_all());
    durable.map_err(|error| OpenError::Engine(StoreError::Unavailable(Box::new(error))))
}

/// Reads what a copy says of itself. It is not written to, and no journal is made beside it.
pub fn facts_of_file(path: &Path, key: Option<SecretBytes>) -> Result<CopiedFacts, CopyFault> {
    let connection = open_copy(path, key)?;
    let steps: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('schema_steps', 'system')",
        [],
        |row| row.get(0),
    )?;
    if steps < 2 {
        return Err(CopyFault::Foreign);
    }
    let newest_step = connection
        .query_row(
            "SELECT version, readable_by FROM schema_steps ORDER BY version DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let (schema_version, readable_by) = newest_step.ok_or(CopyFault::Foreign)?;
    let system = connection
        .prepare("SELECT name, value FROM system ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let newest_seal = connection
        .query_row(
            "SELECT number, first_position, last_position, event_count, root, previous, mac \
             FROM audit_seals ORDER BY number DESC LIMIT 1",
            [],
            read_seal,
        )
        .optional()?;
    Ok(CopiedFacts {
        schema_version,
        readable_by,
        system,
        newest_seal,
    })
}

/// Whether every page, row, index and reference of a copy is whole. Reads all of it; blocks.
pub fn check_file(path: &Path, key: Option<SecretBytes>) -> Result<(), CopyFault> {
    let is_encrypted = key.is_some();
    let connection = open_copy(path, key)?;
    if is_encrypted && let Some(complaint) = first(&connection, "PRAGMA cipher_integrity_check")? {
        return Err(CopyFault::Forged(complaint));
    }
    match first(&connection, "PRAGMA integrity_check(1)")? {
        Some(answer) if answer == "ok" => {}
        Some(complaint) => return Err(CopyFault::Broken(complaint)),
        None => return Err(CopyFault::Broken("no answer".to_owned())),
    }
    let orphans: i64 =
        connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })?;
    if orphans > 0 {
        return Err(CopyFault::Orphans(orphans));
    }
    Ok(())
}

/// The first row of a check.
fn first(connection: &Connection, check: &str) -> Result<Option<String>, CopyFault> {
    match connection.query_row(check, [], |row| row.get(0)).optional() {
        Ok(answer) => Ok(answer),
        // A page that cannot be read at all ends the check itself.
        Err(error) => Err(CopyFault::Broken(error.to_string())),
    }
}

fn open_copy(path: &Path, key: Option<SecretBytes>) -> Result<Connection, CopyFault> {
    crate::sqlite::make_ready();
    let source = Source::new(path, key)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| source.explain(error))?;
    source
        .unlock(&connection, Purpose::Migrate)
        .map_err(|error| source.explain(error))?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom, Write as _};
    use std::path::PathBuf;

    use super::*;
    use crate::schema::Migrate;
    use crate::{SeaOrmStore, SqliteOptions};
    use gatelodge_ports::Store as _;

    async fn database(key: Option<SecretBytes>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatelodge.db");
        let options = SqliteOptions {
            path: path.clone(),
            key,
            migrate: Migrate::Run,
        };
        let store = SeaOrmStore::open_sqlite(options).await.unwrap();
        let mut unit = store.write().await.unwrap();
        unit.system().insert("a fact", b"true").await.unwrap();
        unit.commit().await.unwrap();
        store.close().await.unwrap();
        (folder, path)
    }

    fn key() -> SecretBytes {
        SecretBytes::new(vec![9; 32])
    }

    #[tokio::test]
    async fn a_copy_of_an_encrypted_database_is_under_the_same_key() {
        let (folder, path) = database(Some(key())).await;
        let copy = folder.path().join("copy.db");
        copy_file(&path, Some(key()), &copy).unwrap();
        assert!(
            !std::fs::read(&copy)
                .unwrap()
                .starts_with(b"SQLite format 3")
        );
        check_file(&copy, Some(key())).unwrap();
        let facts = facts_of_file(&copy, Some(key())).unwrap();
        assert_eq!(facts.fact("a fact"), Some(&b"true"[..]));
        assert_eq!(facts.schema_version, gatelodge_migrations::READS);
        for other in [None, Some(SecretBytes::new(vec![8; 32]))] {
            assert!(matches!(
                check_file(&copy, other),
                Err(CopyFault::Closed(_))
            ));
        }
    }

    #[tokio::test]
    async fn damage_on_any_page_of_a_copy_is_found() {
        for key in [None, Some(key())] {
            let (folder, path) = database(key.clone()).await;
            let copy = folder.path().join("copy.db");
            copy_file(&path, key.clone(), &copy).unwrap();
            let pages = std::fs::metadata(&copy).unwrap().len() / 4096;
            for page in [1, pages / 2, pages - 1] {
                let damaged = folder.path().join("damaged.db");
                std::fs::copy(&copy, &damaged).unwrap();
                let mut file = File::options().write(true).open(&damaged).unwrap();
                file.seek(SeekFrom::Start(page * 4096)).unwrap();
                file.write_all(&[0xa5; 64]).unwrap();
                assert!(check_file(&damaged, key.clone()).is_err(), "page {page}");
            }
        }
    }

    #[tokio::test]
    async fn another_program_s_database_is_none_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE notes (text)")
            .unwrap();
        assert!(matches!(
            facts_of_file(&path, None),
            Err(CopyFault::Foreign)
        ));
    }
}
