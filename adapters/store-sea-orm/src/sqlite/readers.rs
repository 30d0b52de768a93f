//! Reading connections: `query_only`, used inline, each by one statement at a time.
//!
//! A statement never waits for another here, so there are never more connections in use than
//! threads that read.

use std::sync::Arc;

use gatelodge_ports::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use sea_orm::Statement;

use super::connection::{Purpose, Source};
use super::statement::{self, Failure};
use crate::error;
use crate::row::Row;

/// How many idle connections are kept.
const KEPT: usize = 16;

/// The reading side of the engine.
pub(super) struct Readers {
    source: Source,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(source: Source) -> Arc<Self> {
        Arc::new(Self {
            source,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Point reads, each of what is committed by then.
    pub(super) fn reader(self: &Arc<Self>) -> Reader {
        Reader {
            readers: Arc::clone(self),
            moment: None,
        }
    }

    /// Reads that all see one moment.
    pub(super) fn consistent(self: &Arc<Self>) -> Result<Reader, StoreError> {
        let connection = self.take()?;
        // The first read fixes the moment, so it is done at once.
        connection
            .execute_batch("BEGIN DEFERRED; SELECT count(*) FROM sqlite_schema;")
            .map_err(error::from_sqlite)?;
        Ok(Reader {
            readers: Arc::clone(self),
            moment: Some(connection),
        })
    }

    /// Closes what is idle.
    pub(super) fn close(&self) {
        self.idle.lock().clear();
    }

    fn take(&self) -> Result<Connection, StoreError> {
        if let Some(connection) = self.idle.lock().pop() {
            return Ok(connection);
        }
        self.source
            .open(Purpose::Read)
            .map_err(|error| StoreError::unavailable(error.to_string()))
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock();
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }
}

/// Reads for one snapshot.
pub(crate) struct Reader {
    readers: Arc<Readers>,
    /// A connection inside a transaction, where one moment is promised.
    moment: Option<Connection>,
}

impl Reader {
    /// Runs a statement that changes nothing; one that would is refused by the engine.
    pub(crate) fn execute(&mut self, statement: &Statement) -> Result<u64, StoreError> {
        self.with(|connection| statement::execute(connection, statement))
    }

    /// Runs a statement and decodes its rows.
    pub(crate) fn fetch<T>(
        &mut self,
        statement: &Statement,
        decode: &dyn Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.with(|connection| statement::fetch(connection, statement, decode))
    }

    fn with<T>(
        &self,
        statement: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if let Some(connection) = &self.moment {
            return Ok(statement(connection)?);
        }
        let connection = self.readers.take()?;
        let result = statement(&connection);
        if !matches!(result, Err(Failure::Engine(_))) {
            self.readers.give_back(connection);
        }
        Ok(result?)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.moment.take()
            && connection.execute_batch("ROLLBACK").is_ok()
        {
            self.readers.give_back(connection);
        }
    }
}
