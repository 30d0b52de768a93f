//! The embedded engine as the store holds it.

use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use gatelodge_ports::StoreError;
use gatelodge_ports::store::{BatchFigures, SealKey, Work};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::batch::Batch;
use super::checkpoint::{self, Checkpoints};
use super::connection::{Purpose, Source};
use super::queue::OLDEST_BATCH;
use super::readers::{Reader, Readers};
use super::turn::Turn;
use super::writer::Writer;
use crate::OpenError;
use crate::error;

/// When things are done that nobody asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// After how many frames of the log a checkpoint begins.
    pub(super) checkpoint_each: u32,
    /// How old a batch gets at most.
    pub(super) oldest_batch: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            checkpoint_each: checkpoint::EACH,
            oldest_batch: OLDEST_BATCH,
        }
    }
}

/// One writer, its committer, a thread for checkpoints, and readers.
pub(crate) struct Engine {
    writer: Arc<Writer>,
    readers: Arc<Readers>,
    checkpoints: Arc<Checkpoints>,
    /// The committer, and who checkpoints.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Engine {
    /// Opens the file, whose schema is current.
    pub(crate) fn open(
        source: &Source,
        seal_key: Arc<OnceLock<SealKey>>,
        hint: Arc<Notify>,
    ) -> Result<Self, OpenError> {
        Self::open_at(Pace::default(), source, seal_key, hint)
    }

    /// As [`Self::open`], at another pace.
    pub(super) fn open_at(
        pace: Pace,
        source: &Source,
        seal_key: Arc<OnceLock<SealKey>>,
        hint: Arc<Notify>,
    ) -> Result<Self, OpenError> {
        let connection = source.open(Purpose::Write)?;
        let batch = Batch::new(source.clone(), connection, seal_key);
        let checkpoints = Arc::new(Checkpoints::each(pace.checkpoint_each));
        let writer = Arc::new(Writer::new(
            batch,
            pace.oldest_batch,
            hint,
            Arc::clone(&checkpoints),
        ));
        let engine = Self {
            writer: Arc::clone(&writer),
            readers: Readers::new(source.clone()),
            checkpoints: Arc::clone(&checkpoints),
            threads: Mutex::default(),
        };
        engine.start("sqlite-commit", move || writer.commit_batches())?;
        let source = source.clone();
        engine.start("sqlite-log", move || checkpoints.run(&source))?;
        Ok(engine)
    }

    fn start(
        &self,
        name: &'static str,
        life: impl FnOnce() + Send + 'static,
    ) -> Result<(), OpenError> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(life)
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.threads.lock().push(thread);
        Ok(())
    }

    /// Point reads.
    pub(crate) fn read(&self) -> Reader {
        self.readers.reader()
    }

    /// Reads of one moment.
    pub(crate) fn read_consistent(&self) -> Result<Reader, StoreError> {
        self.readers.consistent()
    }

    /// Waits for a turn to write.
    pub(crate) async fn write(&self) -> Result<Turn, StoreError> {
        self.writer.turn().await
    }

    /// Has work carried out in a turn of its own.
    pub(crate) async fn carry_out(&self, work: Work) -> Result<(), StoreError> {
        self.writer.carry_out(work).await
    }

    /// The batches that were made durable.
    pub(crate) fn figures(&self) -> BatchFigures {
        self.writer.figures()
    }

    /// Hands over the connection that writes, for tests that listen to what happens on it.
    #[cfg(test)]
    pub(super) fn listen(&self, with: impl FnOnce(&rusqlite::Connection)) {
        let batch = self.writer.batch.lock();
        if let Some(connection) = batch.connection() {
            with(connection);
        }
    }

    /// Commits what is open, moves the log into the file, and closes.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.writer.close();
        self.checkpoints.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            let ended = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(ended, Ok(Ok(()))) {
                return Err(StoreError::unavailable("a thread of the engine broke"));
            }
        }
        self.readers.close();
        self.writer.batch.lock().close().map_err(error::from_sqlite)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.writer.close();
        self.checkpoints.close();
    }
}
