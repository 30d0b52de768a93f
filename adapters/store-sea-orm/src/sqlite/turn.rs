//! The right to write, held by one unit of work at a time.
//!
//! Dropping it only marks: what it did stays and whoever has the connection next rolls it
//! back, so a caller that vanishes never does database work on its way out.

use std::sync::Arc;

use gatelodge_domain::Digest;
use gatelodge_ports::StoreError;
use sea_orm::Statement;
use tokio::sync::oneshot;

use super::batch::Verdict;
use super::statement;
use super::writer::Writer;
use crate::row::Row;

/// A unit's turn on the connection that writes.
pub(crate) struct Turn {
    writer: Arc<Writer>,
    /// Its number; `None` once the turn is passed on.
    number: Option<u64>,
    /// Kept for the end of the turn.
    last: Option<Statement>,
    announced: bool,
}

impl Turn {
    pub(super) fn new(writer: Arc<Writer>, number: u64) -> Self {
        Self {
            writer,
            number: Some(number),
            last: None,
            announced: false,
        }
    }

    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        let number = self.number()?;
        let begun = self.writer.batch.lock().begin(number);
        self.check(begun)
    }

    /// Runs a statement at the end of the turn, unless another one comes before: what it changes
    /// is of no interest until then, and an error comes with the commit.
    pub(crate) fn execute_last(&mut self, statement: Statement) -> Result<(), StoreError> {
        self.run_kept()?;
        self.last = Some(statement);
        Ok(())
    }

    fn run_kept(&mut self) -> Result<(), StoreError> {
        match self.last.take() {
            Some(kept) => self.execute(kept).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        self.run_kept()?;
        let number = self.number()?;
        let mut batch = self.writer.batch.lock();
        let result = batch.run(number, statement, statement::execute);
        drop(batch);
        self.check(result)
    }

    /// Runs a statement and decodes its rows.
    pub(crate) fn fetch<T>(
        &mut self,
        statement: Statement,
        decode: &dyn Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.run_kept()?;
        let number = self.number()?;
        let mut batch = self.writer.batch.lock();
        let result = batch.run(number, statement, |connection, statement| {
            statement::fetch(connection, statement, decode)
        });
        drop(batch);
        self.check(result)
    }

    /// Takes positions for events that are appended next; the first one.
    pub(crate) fn append_events(&mut self, digests: &[Digest]) -> Result<u64, StoreError> {
        let number = self.number()?;
        let result = self.writer.batch.lock().append_events(number, digests);
        self.check(result)
    }

    /// Wakes the change feed's readers when this is durable.
    pub(crate) fn note_change(&mut self) {
        self.announced = true;
    }

    /// Ends the turn and waits for the COMMIT of its batch. Once polled it runs to its end,
    /// whether anybody waits or not.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.number()?;
        let (member, verdict) = oneshot::channel();
        let lost = self.join(member);
        self.pass(lost);
        match verdict.await {
            Ok(verdict) => verdict,
            Err(_) => Err(StoreError::unavailable("the store is closed")),
        }
    }

    /// Ends the turn without passing it on; the member hears of the COMMIT. Whether the batch is
    /// lost.
    pub(super) fn join(&mut self, member: oneshot::Sender<Verdict>) -> bool {
        let number = self.number.unwrap_or_default();
        let last = self.last.take();
        let mut batch = self.writer.batch.lock();
        batch.join(number, last, self.announced, member);
        batch.has_failed()
    }

    /// Gives the turn back to the queue's hands without passing it on; its number.
    pub(super) fn forget(mut self) -> u64 {
        self.number.take().unwrap_or_default()
    }

    fn number(&self) -> Result<u64, StoreError> {
        self.number
            .ok_or_else(|| StoreError::unavailable("the unit of work has failed before"))
    }

    /// Passes the turn on at once when the batch is lost, so that its members hear of it.
    fn check<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_err() && self.writer.batch.lock().has_failed() {
            self.pass(true);
        }
        result
    }

    fn pass(&mut self, lost: bool) {
        if let Some(number) = self.number.take() {
            self.writer.pass(number, lost);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.pass(false);
    }
}
