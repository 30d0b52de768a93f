//! Follows the change feed, so that what another node or process changed is honoured here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gatelodge_ports::StoreError;

use super::Foundation;

const BATCH: u16 = 500;

/// Reads the feed. One per process; the loop around it lives where tasks are made.
pub struct Follower {
    foundation: Arc<Foundation>,
    position: AtomicU64,
}

impl Follower {
    /// Notes where the feed stands, then loads the revocation set: in this order nothing is
    /// missed between the two.
    pub async fn start(foundation: Arc<Foundation>) -> Result<Self, StoreError> {
        let position = foundation.store.read().await?.changes().position().await?;
        foundation.revocations.load(foundation.clock.now()).await?;
        Ok(Self {
            foundation,
            position: AtomicU64::new(position),
        })
    }

    /// Waits until looking is worth it.
    pub async fn wait(&self) {
        self.foundation.store.change_feed().wait().await;
    }

    /// Applies everything that is new, notes that memory is fresh as of now, and lets it forget
    /// what nobody asks for.
    pub async fn poll(&self) -> Result<(), StoreError> {
        // Read before the feed: what commits after this moment is not covered.
        let asked_at = self.foundation.clock.now();
        let mut view = self.foundation.store.read().await?;
        let settled = view.changes().position().await?;
        let mut after = self.position.load(Ordering::Acquire);
        loop {
            let changes = view.changes().since(after, BATCH).await?;
            for numbered in &changes {
                self.foundation.apply(numbered.change);
            }
            match changes.last() {
                // A page may be longer than asked for; only a shorter one is the last.
                Some(last) if changes.len() >= usize::from(BATCH) => after = last.number,
                _ => break,
            }
        }
        self.position.fetch_max(settled, Ordering::AcqRel);
        self.foundation.revocations.fresh_as_of(asked_at);
        self.foundation.directory.forget_idle(asked_at);
        Ok(())
    }
}
