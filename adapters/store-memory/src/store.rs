//! The store: opens views and units, and hands the writer's turn on.

use core::pin::pin;
use core::time::Duration;
use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_ports::store::{ChangeFeed, SealKey};
use gatelodge_ports::{Snapshot, Store, StoreError, UnitOfWork};
use parking_lot::RwLock;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::state::State;
use crate::view::View;

/// How long a unit may hold the writer's turn.
const UNIT_TIME: Duration = Duration::from_secs(2);

/// How long a follower of the change feed waits without a hint.
const FEED_PERIOD: Duration = Duration::from_millis(250);

/// What views and units share.
pub(crate) struct Shared {
    pub(crate) state: RwLock<State>,
    /// Rung at every commit that announced a change.
    pub(crate) changed: Notify,
    /// One permit; writers get it in the order in which they asked.
    turn: Arc<Semaphore>,
}

/// A store in the memory of this process.
pub struct MemoryStore {
    shared: Arc<Shared>,
}

impl core::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            shared: Arc::new(Shared {
                state: RwLock::default(),
                changed: Notify::new(),
                turn: Arc::new(Semaphore::new(1)),
            }),
        })
    }

    /// Waits in line for the turn, and takes it from a unit that is overdue.
    async fn next_turn(&self) -> Result<u64, StoreError> {
        let mut permit = pin!(Arc::clone(&self.shared.turn).acquire_owned());
        loop {
            let deadline = self.shared.state.read().deadline();
            let deadline = deadline.unwrap_or_else(|| Instant::now() + UNIT_TIME);
            if let Ok(permit) = timeout_at(deadline, permit.as_mut()).await {
                let permit = permit.map_err(|_| StoreError::unavailable("the store is closed"))?;
                let deadline = Instant::now() + UNIT_TIME;
                return Ok(self.shared.state.write().begin(permit, deadline));
            }
            self.shared.state.write().take_overdue_turn();
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(View::latest(Arc::clone(&self.shared))))
    }

    async fn read_consistent(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(View::pinned(Arc::clone(&self.shared))))
    }

    async fn write(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let turn = self.next_turn().await?;
        Ok(Box::new(View::unit(Arc::clone(&self.shared), turn)))
    }

    fn change_feed(&self) -> &dyn ChangeFeed {
        self
    }

    fn use_seal_key(&self, key: SealKey) {
        self.shared.state.write().seal_key = Some(key);
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.shared.turn.close();
        Ok(())
    }
}

#[async_trait]
impl ChangeFeed for MemoryStore {
    async fn wait(&self) {
        // Either answer means: look.
        let _rung = timeout(FEED_PERIOD, self.shared.changed.notified()).await;
    }
}
