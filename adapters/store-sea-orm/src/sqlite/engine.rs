//! The embedded engine as the store holds it.

use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use gatelodge_ports::StoreError;
use gatelodge_ports::store::SealKey;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::batch::Batch;
use super::connection::{Purpose, Source};
use super::readers::{Reader, Readers};
use super::turn::Turn;
use super::writer::Writer;
use crate::OpenError;
use crate::error;

/// One writer, its committer, and readers.
pub(crate) struct Engine {
    writer: Arc<Writer>,
    readers: Arc<Readers>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Opens the file, whose schema is current.
    pub(crate) fn open(
        source: &Source,
        seal_key: Arc<OnceLock<SealKey>>,
        hint: Arc<Notify>,
    ) -> Result<Self, OpenError> {
        let connection = source.open(Purpose::Write)?;
        let batch = Batch::new(source.clone(), connection, seal_key);
        let writer = Arc::new(Writer::new(batch, hint));
        let committer = std::thread::Builder::new()
            .name("sqlite-commit".to_owned())
            .spawn({
                let writer = Arc::clone(&writer);
                move || writer.commit_batches()
            })
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self {
            writer,
            readers: Readers::new(source.clone()),
            committer: Mutex::new(Some(committer)),
        })
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

    /// Commits what is open, moves the log into the file, and closes.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.writer.close();
        let committer = self.committer.lock().take();
        if let Some(committer) = committer {
            let ended = tokio::task::spawn_blocking(move || committer.join()).await;
            if !matches!(ended, Ok(Ok(()))) {
                return Err(StoreError::unavailable("the committing thread broke"));
            }
        }
        self.readers.close();
        self.writer.batch.lock().close().map_err(error::from_sqlite)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.writer.close();
    }
}
