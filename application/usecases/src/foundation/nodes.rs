//! How many nodes serve from this store, and whether this one is about to stop.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of live nodes as this one last saw it. Until it is told otherwise it is alone.
#[derive(Debug)]
pub struct LiveNodes {
    live: AtomicU32,
    may_be_many: AtomicBool,
    leaving: AtomicBool,
}

impl Default for LiveNodes {
    fn default() -> Self {
        Self {
            live: AtomicU32::new(1),
            may_be_many: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
        }
    }
}

impl LiveNodes {
    /// How many, this one included: at least one.
    pub fn live(&self) -> u32 {
        self.live.load(Ordering::Relaxed)
    }

    /// Says that others may serve from the same store, whether they were counted or not; nodes of
    /// another release too, while one takes the place of the other.
    pub fn expect_others(&self) {
        self.may_be_many.store(true, Ordering::Relaxed);
    }

    /// Whether others may serve from the same store.
    pub fn may_be_many(&self) -> bool {
        self.may_be_many.load(Ordering::Relaxed)
    }

    /// Notes what was counted.
    pub fn note(&self, nodes: u64) {
        let nodes = u32::try_from(nodes).unwrap_or(u32::MAX).max(1);
        self.live.store(nodes, Ordering::Relaxed);
    }

    /// Says that this node is about to stop: it serves on, but new work should go elsewhere.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether this node is about to stop.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }
}
