//! Counts by size, kept in whole numbers so that adding is relaxed and never waits.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts by size between fixed bounds, which whoever keeps it knows.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    buckets: [AtomicU64; N],
    beyond: AtomicU64,
    sum: AtomicU64,
}

/// A histogram as it was at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Upper bound, inclusive, and how many lie between it and the one before.
    pub buckets: Vec<(f64, u64)>,
    /// How many lie beyond the last bound.
    pub beyond: u64,
    /// All values together.
    pub sum: f64,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Histogram<N> {
    /// Nothing counted.
    pub const fn new() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; N],
            beyond: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    /// Counts a value.
    pub fn add(&self, bounds: &[u64; N], value: u64) {
        let bucket = bounds.iter().position(|bound| value <= *bound);
        let bucket = bucket.and_then(|at| self.buckets.get(at));
        bucket
            .unwrap_or(&self.beyond)
            .fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// What was counted, with `unit` of the reading's unit in one of ours.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a reading is for a chart, and 2^53 microseconds are 285 years"
    )]
    pub fn read(&self, bounds: &[u64; N], unit: f64) -> Reading {
        let counted = |bucket: &AtomicU64| bucket.load(Ordering::Relaxed);
        let pairs = bounds.iter().zip(&self.buckets);
        Reading {
            buckets: pairs
                .map(|(bound, bucket)| (*bound as f64 * unit, counted(bucket)))
                .collect(),
            beyond: counted(&self.beyond),
            sum: counted(&self.sum) as f64 * unit,
        }
    }
}
