//! Which traces are kept, of those that begin here.
//!
//! Nothing is drawn by chance: numbers one golden section apart on a circle are as even as can be
//! (Weyl's sequence), so that a ratio holds for few requests as it does for many, and no rhythm of
//! a client's meets it.

use std::sync::atomic::{AtomicU64, Ordering};

/// 2^64 divided by the golden section.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Decides at the beginning of a trace.
#[derive(Debug)]
pub(crate) struct Sampler {
    /// How much of the circle is kept; all of it at the maximum.
    share: u64,
    at: AtomicU64,
}

impl Sampler {
    /// Keeps that part of all, from 0 to 1.
    pub(crate) fn new(ratio: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a cast from a floating-point number ends at the bounds, which is what is wanted"
        )]
        let share = (ratio * u64::MAX as f64) as u64;
        Self {
            share,
            at: AtomicU64::new(0),
        }
    }

    /// Whether the next one is kept.
    pub(crate) fn keeps(&self) -> bool {
        let at = self.at.fetch_add(STEP, Ordering::Relaxed);
        self.share == u64::MAX || at < self.share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(ratio: f64, of: usize) -> usize {
        let sampler = Sampler::new(ratio);
        (0..of).filter(|_| sampler.keeps()).count()
    }

    #[test]
    fn a_ratio_holds_for_few_and_for_many() {
        assert_eq!(kept(0.0, 1_000), 0);
        assert_eq!(kept(1.0, 1_000), 1_000);
        for (ratio, of, expected) in [(0.5, 10, 5), (0.1, 100, 10), (0.01, 10_000, 100)] {
            assert!(kept(ratio, of).abs_diff(expected) <= 1, "{ratio}");
        }
    }

    #[test]
    fn no_rhythm_meets_it() {
        let sampler = Sampler::new(0.5);
        let every_other = (0..1_000).filter(|at| sampler.keeps() && at % 2 == 0);
        assert!(every_other.count().abs_diff(250) < 10);
    }
}
