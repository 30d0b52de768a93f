//! An open loop: requests are due at fixed moments, whether earlier ones were answered or not,
//! so that a slow server is not spared by clients that wait for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::stopwatch::now;

/// Hands out the moments at which requests are due.
#[derive(Debug)]
pub struct Pace {
    begun: Instant,
    interval: Duration,
    next: AtomicU64,
}

impl Pace {
    /// That many requests a second, from now on.
    pub fn per_second(rate: u32) -> Self {
        Self {
            begun: now(),
            interval: Duration::from_secs(1) / rate.max(1),
            next: AtomicU64::new(0),
        }
    }

    /// Waits for the next moment that nobody took, and answers it.
    pub fn wait(&self) -> Instant {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let due = self.begun + self.interval * number;
        sleep(due.saturating_duration_since(now()));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_evenly_spaced_and_given_once() {
        let pace = Pace::per_second(1_000);
        let moments: Vec<Instant> = (0..5).map(|_| pace.wait()).collect();
        for pair in moments.windows(2) {
            assert_eq!(pair[1] - pair[0], Duration::from_millis(1));
        }
    }
}
