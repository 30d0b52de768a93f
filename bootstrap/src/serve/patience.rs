//! A store at which nobody waits too long.
//!
//! Where writers take turns, or share a pool, a stall of the engine makes a queue, and whoever
//! stands at its end would hear nothing for as long as the stall lasts. Here the wait for a unit
//! of work or a view has an end; after it the caller hears `Contended` (503 with `Retry-After`)
//! and its place in the queue is free. What has begun is not touched: a unit has a deadline of
//! its own, and a commit runs to its end.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gatelodge_ports::store::{ChangeFeed, SealKey, StoreFigures};
use gatelodge_ports::{Snapshot, Store, StoreError, UnitOfWork};
use tokio::time::timeout;

/// Another store, with an end to every wait.
pub(crate) struct PatientStore {
    inner: Arc<dyn Store>,
    patience: Duration,
}

impl PatientStore {
    /// Over another store; the time is that of one wait.
    pub(crate) fn over(inner: Arc<dyn Store>, patience: Duration) -> Arc<dyn Store> {
        Arc::new(Self { inner, patience })
    }

    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match timeout(self.patience, work).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Contended),
        }
    }
}

#[async_trait]
impl Store for PatientStore {
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.read().await
    }

    async fn read_consistent(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.within(self.inner.read_consistent()).await
    }

    async fn write(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.within(self.inner.write()).await
    }

    fn change_feed(&self) -> &dyn ChangeFeed {
        self.inner.change_feed()
    }

    fn use_seal_key(&self, key: SealKey) {
        self.inner.use_seal_key(key);
    }

    fn figures(&self) -> StoreFigures {
        self.inner.figures()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

#[cfg(test)]
mod tests {
    use gatelodge_store_memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn a_wait_for_a_turn_has_an_end_and_a_free_turn_is_given() {
        let store = PatientStore::over(MemoryStore::new(), Duration::from_millis(20));
        let held = store.write().await.unwrap();
        assert!(matches!(store.write().await, Err(StoreError::Contended)));
        drop(held);
        assert!(store.write().await.is_ok());
    }
}
