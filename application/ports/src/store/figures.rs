//! What a store tells of its own work, for whoever watches it.

/// Upper bounds of the sizes that batches are counted by.
pub const BATCH_SIZES: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// What a store tells; nothing where it has no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreFigures {
    /// Units that were made durable together.
    pub batches: Option<BatchFigures>,
    /// Connections to a database server.
    pub connections: Option<ConnectionFigures>,
}

/// Batches since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchFigures {
    /// How many had at most as many units as [`BATCH_SIZES`] says, and more than the one before.
    pub by_size: [u64; BATCH_SIZES.len()],
    /// How many were larger.
    pub larger: u64,
    /// Units in all of them.
    pub units: u64,
}

impl BatchFigures {
    /// Counts a batch of so many units.
    pub fn note(&mut self, units: u64) {
        let place = BATCH_SIZES.iter().position(|size| units <= *size);
        match place.and_then(|place| self.by_size.get_mut(place)) {
            Some(count) => *count += 1,
            None => self.larger += 1,
        }
        self.units += units;
    }
}

/// Connections at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectionFigures {
    /// Open ones.
    pub open: u64,
    /// Those of them that nobody uses.
    pub idle: u64,
    /// How many there may be.
    pub most: u64,
}
