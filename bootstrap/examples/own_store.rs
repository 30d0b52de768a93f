//! A binary of an extender: the whole of Gatelodge with two parts of their own, a store that
//! counts its units of work and a clock that can be set ahead.
//!
//! Try it with `cargo run -p gatelodge-bootstrap --example own_store -- serve --demo`. A store
//! that keeps rows itself proves that it may by running the conformance suite
//! (`gatelodge-conformance`); this one hands them to the memory store.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use gatelodge_bootstrap::Gatelodge;
use gatelodge_crypto::SystemClock;
use gatelodge_domain::Timestamp;
use gatelodge_ports::store::{ChangeFeed, SealKey};
use gatelodge_ports::{Clock, Snapshot, Store, StoreError, UnitOfWork};
use gatelodge_store_memory::MemoryStore;

/// Counts units of work on their way to another store.
struct CountingStore {
    inner: Arc<MemoryStore>,
    units: AtomicU64,
}

#[async_trait]
impl Store for CountingStore {
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.read().await
    }

    async fn read_consistent(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.read_consistent().await
    }

    async fn write(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.units.fetch_add(1, Ordering::Relaxed);
        self.inner.write().await
    }

    fn change_feed(&self) -> &dyn ChangeFeed {
        self.inner.change_feed()
    }

    fn use_seal_key(&self, key: SealKey) {
        self.inner.use_seal_key(key);
    }

    async fn close(&self) -> Result<(), StoreError> {
        eprintln!("{} units of work", self.units.load(Ordering::Relaxed));
        self.inner.close().await
    }
}

/// The machine's clock, some time ahead: to see today what expires tomorrow.
struct ClockAhead {
    clock: SystemClock,
    ahead: Duration,
}

impl Clock for ClockAhead {
    fn now(&self) -> Timestamp {
        self.clock.now().plus(self.ahead)
    }
}

fn main() -> ExitCode {
    let store = CountingStore {
        inner: MemoryStore::new(),
        units: AtomicU64::new(0),
    };
    let clock = ClockAhead {
        clock: SystemClock::new(),
        ahead: Duration::ZERO,
    };
    Gatelodge::builder()
        .store(Arc::new(store))
        .clock(Arc::new(clock))
        .main()
}
