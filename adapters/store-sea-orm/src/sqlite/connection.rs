//! Opening a connection: its key, its settings, and the proof that they took.
//!
//! Every setting is per connection in SQLite, so every connection passes here. The key is given
//! raw (`x'…'`, 64 hex digits): `PRAGMA key` pastes its text, and a passphrase would cost 300 ms
//! a connection.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use gatelodge_domain::{Secret, SecretBytes};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::checkpoint;
use crate::OpenError;
use crate::error;

/// How long a connection waits for another process before it gives up, asleep with the thread it
/// runs on. Within this process nobody ever waits here: there is one writer, and for another
/// process it waits in its queue, awake.
pub(super) const BUSY: Duration = Duration::from_millis(50);
/// How long one waits that runs migration steps; nobody is served yet.
const BUSY_AT_START: Duration = Duration::from_secs(1);
/// Distinct statements are a few hundred; each is parsed once per connection.
const STATEMENTS: usize = 512;

/// Initialises the library, once for the process and before anybody opens a file.
///
/// `sqlite3_initialize` calls itself ready before it has run SQLCipher's part, so of two threads
/// that open the first connections at once one finds no cipher, and its key is refused.
pub(crate) fn make_ready() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        // Where even this fails, opening the file fails as well, and says why.
        let _ = Connection::open_in_memory();
    });
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The one that writes.
    Write,
    /// One that can only read.
    Read,
    /// One that moves what the log holds into the file.
    Checkpoint,
    /// One that runs migration steps: references are not enforced while tables are rebuilt.
    Migrate,
}

/// Where the database is and what opens it.
#[derive(Clone)]
pub(crate) struct Source {
    path: PathBuf,
    key: Option<SecretBytes>,
}

impl Source {
    /// The file at that path, under that raw key of 32 bytes.
    pub(crate) fn new(path: &Path, key: Option<SecretBytes>) -> Result<Self, OpenError> {
        if let Some(key) = &key
            && key.expose().len() != 32
        {
            return Err(OpenError::KeyLength(key.expose().len()));
        }
        Ok(Self {
            path: path.to_owned(),
            key,
        })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a connection and proves that the file can be read with its key and that its
    /// settings took.
    pub(crate) fn open(&self, purpose: Purpose) -> Result<Connection, OpenError> {
        make_ready();
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if matches!(purpose, Purpose::Write | Purpose::Migrate) {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection =
            Connection::open_with_flags(&self.path, flags).map_err(|error| self.explain(error))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        self.unlock(&connection, purpose)
            .map_err(|error| self.explain(error))?;
        set(&connection, purpose).map_err(|error| self.explain(error))?;
        prove(&connection, purpose)?;
        Ok(connection)
    }

    /// Gives a connection its key, and proves that it opens the file.
    pub(crate) fn unlock(&self, connection: &Connection, purpose: Purpose) -> rusqlite::Result<()> {
        let patience = match purpose {
            Purpose::Migrate => BUSY_AT_START,
            Purpose::Write | Purpose::Read | Purpose::Checkpoint => BUSY,
        };
        connection.busy_timeout(patience)?;
        // SQLCipher would otherwise print to standard error.
        connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
        if let Some(key) = &self.key {
            connection.execute_batch(key_pragma(key).expose())?;
        }
        // The first page is read here; a wrong key or a damaged file shows now.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    }

    /// The engine's error as the one line that an operator needs.
    pub(crate) fn explain(&self, error: rusqlite::Error) -> OpenError {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) if self.key.is_some() => {
                OpenError::WrongKey(self.path.clone())
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                OpenError::NotADatabase(self.path.clone())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                OpenError::InUse(self.path.clone())
            }
            _ => OpenError::Engine(error::from_sqlite(error)),
        }
    }
}

fn key_pragma(key: &SecretBytes) -> Secret<String> {
    // Reserved in one piece, so that no copy of the digits is left behind.
    let mut text = String::with_capacity(96);
    text.push_str("PRAGMA key = \"x'");
    for byte in key.expose() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push_str("'\"");
    Secret::new(text)
}

fn set(connection: &Connection, purpose: Purpose) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;",
    )?;
    let foreign_keys = if purpose == Purpose::Migrate {
        "OFF"
    } else {
        "ON"
    };
    connection.execute_batch(&format!("PRAGMA foreign_keys = {foreign_keys}"))?;
    match purpose {
        // No mapped reads: with every COMMIT of another connection a reader would give its map back
        // and take it anew, and all processors would be told.
        Purpose::Read => connection.execute_batch("PRAGMA query_only = ON"),
        Purpose::Checkpoint => {
            connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))
        }
        Purpose::Write | Purpose::Migrate => {
            connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
            connection.query_row("PRAGMA journal_size_limit = 67108864", [], |_| Ok(()))?;
            if purpose == Purpose::Write {
                // Three times what there would be: indexes by digest and by person are written all
                // over, and a page that is not here is read from the log, by a system call.
                connection.execute_batch("PRAGMA cache_size = -6144")?;
                // In the place of SQLite's own checkpoints, which would run within a COMMIT.
                connection.wal_hook(Some(checkpoint::note_frames));
            }
            Ok(())
        }
    }
}

fn prove(connection: &Connection, purpose: Purpose) -> Result<(), OpenError> {
    let foreign_keys = if purpose == Purpose::Migrate {
        "0"
    } else {
        "1"
    };
    for (name, wanted) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", foreign_keys),
    ] {
        let found = connection
            .query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get::<_, rusqlite::types::Value>(0)
            })
            .map_err(error::from_sqlite)?;
        let found = match found {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        if found != wanted {
            return Err(OpenError::Setting {
                name,
                found,
                wanted,
            });
        }
    }
    Ok(())
}
