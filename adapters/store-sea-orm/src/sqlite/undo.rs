//! How a turn that ends badly is undone, and nobody else with it.
//!
//! With a savepoint SQLite copies each page, once for every turn, before the turn changes it. Turns
//! seldom end badly after they changed something, so mostly none is opened: what the turns of a
//! batch did is noted instead, and where one must be undone the transaction is rolled back and the
//! others' statements are run again, in their order and over the same rows. After that, and where
//! a batch gets long, there are savepoints: undoing costs as much as the batch did, and nobody
//! shall be able to ask for that again and again.

use std::time::Duration;

use rusqlite::Connection;
use sea_orm::Statement;
use tokio::time::Instant;

use super::statement::{self, Failure};

/// How many statements are noted of a batch.
const NOTED: usize = 1_000;
/// For how long there are savepoints after a turn had to be undone.
const CAREFUL: Duration = Duration::from_secs(1);

/// How the turns of a batch can be undone.
pub(super) struct Undo {
    way: Way,
    careful_until: Option<Instant>,
}

enum Way {
    /// By running again what the other turns did.
    Again(Vec<Done>),
    /// By a savepoint for each turn.
    Savepoints,
}

/// A statement that changed something.
struct Done {
    statement: Statement,
    rows: u64,
}

/// What one turn did, as far as it may have to be undone.
pub(super) struct Trace {
    /// How many statements of the batch are before it.
    from: usize,
    /// Rows changed on the connection before it.
    changes: u64,
    noted: Noted,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Noted {
    All,
    /// There were too many.
    NotAll,
}

/// Why the others' statements could not be run again.
pub(super) enum Lost {
    /// The engine said no.
    Engine(rusqlite::Error),
    /// Another process wrote in between, or a statement did something else than before.
    Changed,
}

impl Default for Undo {
    fn default() -> Self {
        Self {
            way: Way::Again(Vec::new()),
            careful_until: None,
        }
    }
}

impl Undo {
    /// A batch begins.
    pub(super) fn begin_batch(&mut self) {
        let careful = self
            .careful_until
            .is_some_and(|until| Instant::now() < until);
        match &mut self.way {
            _ if careful => self.way = Way::Savepoints,
            Way::Again(done) => done.clear(),
            Way::Savepoints => self.way = Way::Again(Vec::new()),
        }
    }

    /// A turn begins.
    pub(super) fn begin_turn(&self, connection: &Connection) -> Trace {
        Trace {
            from: match &self.way {
                Way::Again(done) => done.len(),
                Way::Savepoints => 0,
            },
            changes: connection.total_changes(),
            noted: Noted::All,
        }
    }

    /// Whether a turn needs a savepoint before its first statement.
    pub(super) fn is_by_savepoints(&self) -> bool {
        matches!(self.way, Way::Savepoints)
    }

    /// Notes a statement of a turn that changed so many rows.
    pub(super) fn note(&mut self, trace: &mut Trace, statement: Statement, rows: u64) {
        let Way::Again(done) = &mut self.way else {
            return;
        };
        if rows == 0 {
            return;
        }
        if done.len() < NOTED && trace.noted == Noted::All {
            done.push(Done { statement, rows });
        } else {
            // The turn itself can be undone by what was done before it.
            trace.noted = Noted::NotAll;
        }
    }

    /// A turn ended well.
    pub(super) fn end_turn(&mut self, trace: &Trace) {
        if trace.noted == Noted::NotAll {
            self.way = Way::Savepoints;
        }
    }

    /// Rolls back a turn that had no savepoint, and with it the batch, and does again what the
    /// other turns did. Nothing is to be done where the turn changed nothing.
    pub(super) fn undo(&mut self, trace: &Trace, connection: &Connection) -> Result<(), Lost> {
        if connection.total_changes() == trace.changes {
            return Ok(());
        }
        let Way::Again(mut done) = std::mem::replace(&mut self.way, Way::Savepoints) else {
            return Ok(());
        };
        self.careful_until = Some(Instant::now() + CAREFUL);
        done.truncate(trace.from);
        let version = data_version(connection)?;
        connection.execute_batch("ROLLBACK; BEGIN IMMEDIATE")?;
        if data_version(connection)? != version {
            return Err(Lost::Changed);
        }
        for Done { statement, rows } in &done {
            let before = connection.total_changes();
            match statement::fetch(connection, statement, &|_| Ok(())) {
                Ok(_) => {}
                Err(Failure::Engine(error)) => return Err(Lost::Engine(error)),
                Err(Failure::Here(_)) => return Err(Lost::Changed),
            }
            if connection.total_changes() - before != *rows {
                return Err(Lost::Changed);
            }
        }
        Ok(())
    }
}

impl From<rusqlite::Error> for Lost {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

/// Another number once another connection has written.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}
