//! How many connections a port may hold, and how many it does. What comes beyond that waits in
//! the system's queue, where nobody answers and nobody counts it; so once a second the server
//! looks whether all places are taken, and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The places of a port.
#[derive(Debug)]
pub(crate) struct Places {
    all: usize,
    taken: AtomicUsize,
}

impl Places {
    /// That many, all of them free.
    pub(crate) fn new(all: usize) -> Arc<Self> {
        Arc::new(Self {
            all,
            taken: AtomicUsize::new(0),
        })
    }

    /// A place for a connection that was accepted.
    pub(crate) fn take(self: &Arc<Self>) -> Place {
        self.taken.fetch_add(1, Ordering::Relaxed);
        Place(Arc::clone(self))
    }

    /// Whether who comes now has to wait.
    pub(crate) fn are_all_taken(&self) -> bool {
        self.taken.load(Ordering::Relaxed) >= self.all
    }
}

/// A connection's place, free again when this is dropped with the connection.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_is_gone() {
        let places = Places::new(2);
        let first = places.take();
        assert!(!places.are_all_taken());
        let second = places.take();
        assert!(places.are_all_taken());
        drop(first);
        assert!(!places.are_all_taken());
        drop(second);
        assert!(!places.are_all_taken());
    }
}
