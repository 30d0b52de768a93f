//! Reading connections: `query_only`, each used by one statement at a time.
//!
//! Point reads run inline and never wait for each other, so there are never more connections in
//! use for them than threads that read. What may look at many rows runs on the blocking pool of
//! the caller's runtime, a few at a time: so many connections more.

use std::sync::Arc;

use gatelodge_ports::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use sea_orm::Statement;
use tokio::sync::Semaphore;

use super::connection::{Purpose, Source};
use super::statement::{self, Failure};
use crate::error;
use crate::row::Row;

/// How many idle connections are kept.
const KEPT: usize = 16;

/// How many scans run at once; the next ones wait, without a thread.
const SCANS: usize = 4;

/// The reading side of the engine.
pub(super) struct Readers {
    source: Source,
    idle: Mutex<Vec<Connection>>,
    scans: Semaphore,
}

impl Readers {
    pub(super) fn new(source: Source) -> Arc<Self> {
        Arc::new(Self {
            source,
            idle: Mutex::new(Vec::new()),
            scans: Semaphore::new(SCANS),
        })
    }

    /// Point reads, each of what is committed by then.
    pub(super) fn reader(self: &Arc<Self>) -> Reader {
        Reader {
            readers: Arc::clone(self),
            moment: Moment::Any,
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
            moment: Moment::One(connection),
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
    moment: Moment,
}

/// What a reader sees.
enum Moment {
    /// What is committed by then, each time.
    Any,
    /// One moment, by a connection inside a transaction.
    One(Connection),
    /// It was one moment, and the scan that had it was given up.
    Lost,
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

    /// Runs a statement on the blocking pool and decodes its rows there.
    pub(crate) async fn scan<T: Send + 'static>(
        &mut self,
        statement: Statement,
        decode: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Vec<T>, StoreError> {
        let readers = Arc::clone(&self.readers);
        let _turn = readers.scans.acquire().await.map_err(|_| closed())?;
        let moment = match &self.moment {
            Moment::Any => Moment::Any,
            Moment::One(_) | Moment::Lost => std::mem::replace(&mut self.moment, Moment::Lost),
        };
        let mut away = Self {
            readers: Arc::clone(&self.readers),
            moment,
        };
        let scan = move || {
            let rows = away.fetch(&statement, &decode);
            (std::mem::replace(&mut away.moment, Moment::Any), rows)
        };
        let scanned = tokio::task::spawn_blocking(scan).await;
        let (moment, rows) = scanned.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.moment = moment;
        rows
    }

    fn with<T>(
        &self,
        statement: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        match &self.moment {
            Moment::One(connection) => return Ok(statement(connection)?),
            Moment::Lost => return Err(StoreError::unavailable("the snapshot is gone")),
            Moment::Any => {}
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
        if let Moment::One(connection) = std::mem::replace(&mut self.moment, Moment::Any)
            && connection.execute_batch("ROLLBACK").is_ok()
        {
            self.readers.give_back(connection);
        }
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}
