//! A store at which nobody waits too long.
//!
//! Where writers take turns, or share a pool, a stall of the engine makes a queue, and whoever
//! stands at its end would hear nothing for as long as the stall lasts. Here the wait for a unit
//! of work or a view has an end; after it the caller hears `Contended` (503 with `Retry-After`)
//! and its place in the queue is free. What has begun is not touched: a unit has a deadline of
//! its own, and a commit runs to its end.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use gatelodge_ports::store::{ChangeFeed, Ending, SealKey, StoreFigures, Work};
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

    async fn carry_out(&self, work: Work) -> Result<(), StoreError> {
        // Taken by whoever comes first: the work, or the end of the wait for it.
        let taken = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&taken);
        let mut whole = pin!(self.inner.carry_out(Box::new(move |unit| {
            if begun.swap(true, Ordering::AcqRel) {
                return Box::pin(std::future::ready(Ending::Undo));
            }
            work(unit)
        })));
        match timeout(self.patience, whole.as_mut()).await {
            Ok(result) => result,
            Err(_) if taken.swap(true, Ordering::AcqRel) => whole.await,
            Err(_) => Err(StoreError::Contended),
        }
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

    #[tokio::test]
    async fn work_that_waited_too_long_is_never_carried_out() {
        let store = PatientStore::over(MemoryStore::new(), Duration::from_millis(20));
        let held = store.write().await.unwrap();
        let carried_out = Arc::new(AtomicBool::new(false));
        let note = Arc::clone(&carried_out);
        let waited: Result<(), StoreError> = store
            .transact(move |_| {
                note.store(true, Ordering::Release);
                Box::pin(async { Ok(()) })
            })
            .await;
        assert!(matches!(waited, Err(StoreError::Contended)));
        drop(held);
        let done: Result<u8, StoreError> = store.transact(|_| Box::pin(async { Ok(7) })).await;
        assert_eq!(done.unwrap(), 7);
        assert!(!carried_out.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn work_that_has_begun_is_waited_for() {
        let store = PatientStore::over(MemoryStore::new(), Duration::from_millis(20));
        let done: Result<u8, StoreError> = store
            .transact(|_| {
                Box::pin(async {
                    tokio::time::sleep(Duration::from_millis(60)).await;
                    Ok(7)
                })
            })
            .await;
        assert_eq!(done.unwrap(), 7);
    }
}
