//! Nodes that share a store know of each other by leases: each holds one of its own name and
//! counts the others'. A node that died is forgotten when its lease ends.
//!
//! What depends on the count is a share of a limit, so a figure that is some seconds old will do.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_ports::StoreError;

use crate::Foundation;

const PREFIX: &str = "node/";
/// Three rounds: one that fails does not make a live node look dead.
const LEASE: Duration = Duration::from_secs(15);

/// What a round found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// Live nodes, this one included.
    pub nodes: u32,
    /// By how much this node's clock differs from the store's own, at least; zero where the
    /// store has none. Expiries and leases are compared by each node's clock.
    pub skew: Duration,
}

/// Announces this node and counts all.
pub struct AnnounceNode {
    foundation: Arc<Foundation>,
    name: String,
    holder: u128,
}

impl AnnounceNode {
    /// How often it should be done.
    pub const PERIOD: Duration = Duration::from_secs(5);

    /// A node under a name of its own.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        let holder = u128::from_be_bytes(foundation.rng.bytes());
        Self {
            name: format!("{PREFIX}{holder:032x}"),
            foundation,
            holder,
        }
    }

    /// One round. Where the store cannot count leases, the node takes itself for alone.
    pub async fn run(&self) -> Result<Announced, StoreError> {
        let now = self.foundation.clock.now();
        let mut unit = self.foundation.store.write().await?;
        let until = now.plus(LEASE);
        unit.jobs()
            .lease(&self.name, self.holder, now, until)
            .await?;
        let nodes = match unit.jobs().count(PREFIX, now).await {
            Err(StoreError::Unsupported) => 1,
            counted => counted?,
        };
        unit.commit().await?;
        self.foundation.nodes.note(nodes);
        Ok(Announced {
            nodes: self.foundation.nodes.live(),
            skew: self.skew().await?,
        })
    }

    /// Says that the node is going.
    pub async fn leave(&self) -> Result<(), StoreError> {
        let mut unit = self.foundation.store.write().await?;
        unit.jobs().release(&self.name, self.holder).await?;
        unit.commit().await
    }

    /// How far the store's clock is outside of the time in which it was asked.
    async fn skew(&self) -> Result<Duration, StoreError> {
        let mut view = self.foundation.store.read().await?;
        let asked = self.foundation.clock.now();
        let told = view.system().clock().await?;
        let answered = self.foundation.clock.now();
        Ok(told.map_or(Duration::ZERO, |told| {
            asked.since(told).max(told.since(answered))
        }))
    }
}
