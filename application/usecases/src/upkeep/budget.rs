//! How long a clean-up keeps others from writing.
//!
//! What a row costs to remove depends on the machine, on how large the table is and on what of
//! it is in memory, by a factor of ten and more; so a unit goes by the clock and not by a number
//! of rows that was right for one house.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::Timestamp;
use gatelodge_ports::Clock;

/// Rows that one statement removes: few enough that one on cold pages does not take long.
pub(crate) const STEP: u16 = 20;
/// After how long a unit begins no further step. Its COMMIT comes on top.
const TIME: Duration = Duration::from_millis(3);
/// Steps of a unit at most, whatever the clock says: one that was set back stands still.
const STEPS: u16 = 50;

/// What is left to one unit.
pub(crate) struct Budget {
    clock: Arc<dyn Clock>,
    begun: Timestamp,
    steps: u16,
}

impl Budget {
    /// Of a unit whose turn begins now.
    pub(crate) fn begin(clock: Arc<dyn Clock>) -> Self {
        Self {
            begun: clock.now(),
            clock,
            steps: STEPS,
        }
    }

    /// Whether the unit may take one more step after the one that it took.
    pub(crate) fn allows_another_step(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0 && self.clock.now().since(self.begun) < TIME
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_unit_ends_when_its_time_is_over() {
        let clock = Arc::new(Hand(AtomicI64::new(1_000)));
        let mut budget = Budget::begin(clock.clone());
        assert!(budget.allows_another_step());
        clock.0.store(1_002, Ordering::Relaxed);
        assert!(budget.allows_another_step());
        clock.0.store(1_003, Ordering::Relaxed);
        assert!(!budget.allows_another_step());
    }

    #[test]
    fn a_clock_that_stands_still_does_not_make_it_endless() {
        let mut budget = Budget::begin(Arc::new(Hand(AtomicI64::new(1_000))));
        let mut steps = 1;
        while budget.allows_another_step() {
            steps += 1;
        }
        assert_eq!(steps, STEPS);
    }
}
