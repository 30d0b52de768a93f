//! One transaction that many units share, on the connection that writes.
//!
//! Whoever holds the turn works here; the lock around it is free then, or nearly. A unit that
//! was dropped leaves what it did; the next one to come, or the committer, rolls it back.
//! An error that is not a constraint violation fails the whole batch: SQLite undoes *everybody*
//! on a full disk, and a later savepoint would then commit on its own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gatelodge_domain::{Digest, Seal};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::SealKey;
use rusqlite::Connection;
use sea_orm::Statement;
use tokio::sync::oneshot;

use super::checkpoint;
use super::connection::{Purpose, Source};
use super::statement::{self, Failure};
use super::trail::Trail;
use super::undo::{Lost, Trace, Undo};
use crate::error;

/// What a member of a batch hears at its end.
pub(super) type Verdict = Result<(), StoreError>;

/// The connection that writes, and what is open on it.
pub(super) struct Batch {
    source: Source,
    seal_key: Arc<OnceLock<SealKey>>,
    connection: Option<Connection>,
    begun: bool,
    turn: Option<OpenTurn>,
    undo: Undo,
    failed: Option<Arc<str>>,
    members: Vec<oneshot::Sender<Verdict>>,
    announced: bool,
    trail: Trail,
}

struct OpenTurn {
    number: u64,
    events_before: usize,
    trace: Trace,
    savepoint: Savepoint,
}

/// Whether a turn has a savepoint. It opens one with its first statement, where it needs one, and
/// none where its only one comes at its end: that one is all or nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    Open,
    None,
}

/// How a batch ended.
pub(super) struct Settled {
    /// What to tell whom.
    pub(super) members: Vec<oneshot::Sender<Verdict>>,
    /// What; the reason where nothing of it was kept.
    pub(super) outcome: Result<(), Arc<str>>,
    /// The seal it wrote.
    pub(super) seal: Option<Seal>,
    /// Whether a member announced a change, and it is durable now.
    pub(super) announced: bool,
}

impl Batch {
    /// Nothing is open yet.
    pub(super) fn new(
        source: Source,
        connection: Connection,
        seal_key: Arc<OnceLock<SealKey>>,
    ) -> Self {
        Self {
            source,
            seal_key,
            connection: Some(connection),
            begun: false,
            turn: None,
            undo: Undo::default(),
            failed: None,
            members: Vec::new(),
            announced: false,
            trail: Trail::default(),
        }
    }

    /// Opens a turn, and the batch before it where none is open.
    pub(super) fn begin(&mut self, number: u64) -> Result<(), StoreError> {
        self.undo_open_turn();
        if let Some(reason) = &self.failed {
            return Err(StoreError::unavailable(reason.as_ref()));
        }
        if !self.begun {
            match run(self.connected()?, "BEGIN IMMEDIATE") {
                Ok(()) => {
                    self.begun = true;
                    self.undo.begin_batch();
                }
                // Another process is writing; nothing was begun, and nothing is lost.
                Err(error) if error::is_busy(&error) => return Err(error::from_sqlite(error)),
                Err(error) => return Err(self.fail(error)),
            }
        }
        let trace = match &self.connection {
            Some(connection) => self.undo.begin_turn(connection),
            None => return Err(StoreError::unavailable("the database is closed")),
        };
        self.turn = Some(OpenTurn {
            number,
            events_before: self.trail.mark(),
            trace,
            savepoint: Savepoint::None,
        });
        Ok(())
    }

    /// Runs a statement of a turn.
    pub(super) fn run<T>(
        &mut self,
        number: u64,
        statement: Statement,
        run: impl FnOnce(&Connection, &Statement) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.require(number)?;
        self.open_savepoint()?;
        self.run_unguarded(statement, run)
    }

    fn run_unguarded<T>(
        &mut self,
        statement: Statement,
        run: impl FnOnce(&Connection, &Statement) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let connection = self.connected()?;
        let before = connection.total_changes();
        let result = run(connection, &statement);
        let rows = connection.total_changes() - before;
        if let Some(turn) = &mut self.turn {
            self.undo.note(&mut turn.trace, statement, rows);
        }
        match result {
            Ok(value) => Ok(value),
            Err(Failure::Engine(error)) => Err(self.fail(error)),
            Err(Failure::Here(error)) => Err(error),
        }
    }

    fn open_savepoint(&mut self) -> Result<(), StoreError> {
        if let Some(turn) = &self.turn
            && self.undo.is_by_savepoints()
            && turn.savepoint == Savepoint::None
        {
            run(self.connected()?, "SAVEPOINT turn").map_err(|error| self.fail(error))?;
            if let Some(turn) = &mut self.turn {
                turn.savepoint = Savepoint::Open;
            }
        }
        Ok(())
    }

    /// Takes positions for events that the turn appends next.
    pub(super) fn append_events(
        &mut self,
        number: u64,
        digests: &[Digest],
    ) -> Result<u64, StoreError> {
        self.require(number)?;
        if self.seal_key.get().is_none() {
            return Err(StoreError::unavailable("no seal key was handed over"));
        }
        let Some(connection) = &self.connection else {
            return Err(StoreError::unavailable("the database is closed"));
        };
        match self.trail.append(connection, digests) {
            Ok(first) => Ok(first),
            Err(Failure::Engine(error)) => Err(self.fail(error)),
            Err(Failure::Here(error)) => Err(error),
        }
    }

    /// Ends a turn well, with its last statement where one was kept for that. The member hears
    /// of the COMMIT of the batch, or at once why it has no part in it.
    pub(super) fn join(
        &mut self,
        number: u64,
        last: Option<Statement>,
        announced: bool,
        member: oneshot::Sender<Verdict>,
    ) {
        match self.end_turn(number, last) {
            Ok(()) => {
                self.announced |= announced;
                self.members.push(member);
            }
            // Whoever is gone hears nothing.
            Err(error) => drop(member.send(Err(error))),
        }
    }

    fn end_turn(&mut self, number: u64, last: Option<Statement>) -> Result<(), StoreError> {
        self.require(number)?;
        if let Some(last) = last {
            self.run_unguarded(last, statement::execute)?;
        }
        if self.has_savepoint() {
            run(self.connected()?, "RELEASE turn").map_err(|error| self.fail(error))?;
        }
        if let Some(turn) = self.turn.take() {
            self.undo.end_turn(&turn.trace);
        }
        Ok(())
    }

    /// Ends the batch: one COMMIT for every member, or nothing for any.
    pub(super) fn settle(&mut self) -> Settled {
        self.undo_open_turn();
        let outcome = match (&self.failed, self.begun) {
            (Some(reason), _) => Err(Arc::clone(reason)),
            (None, false) => Ok(None),
            (None, true) => self.commit().map_err(|error| Arc::from(error.to_string())),
        };
        let members = std::mem::take(&mut self.members);
        let announced = std::mem::take(&mut self.announced);
        self.begun = false;
        match outcome {
            Ok(seal) => {
                self.trail.committed(seal.as_ref());
                Settled {
                    members,
                    outcome: Ok(()),
                    seal,
                    announced,
                }
            }
            Err(reason) => {
                self.reopen();
                Settled {
                    members,
                    outcome: Err(reason),
                    seal: None,
                    announced: false,
                }
            }
        }
    }

    /// Copies the rest of a log of which a checkpoint has copied nearly all, so that it begins
    /// anew. Between batches only.
    pub(super) fn finish_checkpoint(&self, patience: Duration) -> rusqlite::Result<()> {
        match &self.connection {
            Some(connection) => checkpoint::finish(connection, patience),
            None => Ok(()),
        }
    }

    /// Moves what the log holds into the file and closes.
    pub(super) fn close(&mut self) -> rusqlite::Result<()> {
        let Some(connection) = self.connection.take() else {
            return Ok(());
        };
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error)
    }

    /// The connection, for tests that listen to what happens on it.
    #[cfg(test)]
    pub(super) const fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    fn commit(&mut self) -> rusqlite::Result<Option<Seal>> {
        let Some(connection) = &self.connection else {
            return Ok(None);
        };
        if self.members.is_empty() {
            run(connection, "ROLLBACK")?;
            self.trail.forget_from(0);
            return Ok(None);
        }
        let seal = match self.seal_key.get() {
            Some(key) => self.trail.seal(connection, key)?,
            None => None,
        };
        run(connection, "COMMIT")?;
        Ok(seal)
    }

    fn has_savepoint(&self) -> bool {
        self.turn
            .as_ref()
            .is_some_and(|turn| turn.savepoint == Savepoint::Open)
    }

    fn require(&self, number: u64) -> Result<(), StoreError> {
        match &self.turn {
            Some(turn) if turn.number == number => Ok(()),
            _ => Err(StoreError::unavailable(
                "the unit of work is over: it failed or took too long",
            )),
        }
    }

    fn undo_open_turn(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        self.trail.forget_from(turn.events_before);
        let (None, Some(connection)) = (&self.failed, &self.connection) else {
            return;
        };
        let undone = match turn.savepoint {
            Savepoint::Open => run(connection, "ROLLBACK TO turn")
                .and_then(|()| run(connection, "RELEASE turn"))
                .map_err(Lost::Engine),
            Savepoint::None => self.undo.undo(&turn.trace, connection),
        };
        match undone {
            Ok(()) => {}
            Err(Lost::Engine(error)) => drop(self.fail(error)),
            Err(Lost::Changed) => {
                let reason = "the batch was rolled back: another process wrote meanwhile";
                self.failed = Some(Arc::from(reason));
            }
        }
    }

    /// Makes the caller's error; one that is not a constraint violation fails the batch.
    fn fail(&mut self, error: rusqlite::Error) -> StoreError {
        if !error::is_constraint(&error) {
            self.failed = Some(Arc::from(format!("the batch was rolled back: {error}")));
        }
        error::from_sqlite(error)
    }

    /// Whether the batch is lost.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    fn reopen(&mut self) {
        self.trail.lost();
        self.failed = None;
        if let Some(connection) = self.connection.take() {
            if !connection.is_autocommit() {
                // Closing undoes it as well; this only says so earlier.
                let _ = connection.execute_batch("ROLLBACK");
            }
            drop(connection);
        }
        self.connection = self.source.open(Purpose::Write).ok();
    }

    fn connected(&mut self) -> Result<&Connection, StoreError> {
        if self.connection.is_none() {
            let opened = self.source.open(Purpose::Write);
            self.connection = Some(opened.map_err(|e| StoreError::unavailable(e.to_string()))?);
        }
        self.connection
            .as_ref()
            .ok_or_else(|| StoreError::unavailable("the database is closed"))
    }
}

fn run(connection: &Connection, statement: &'static str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(statement)?
        .execute([])
        .map(|_| ())
}
