//! The machine's clock, kept from going backwards.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use gatelodge_domain::Timestamp;
use gatelodge_ports::Clock;
use tokio::time::Instant;

/// The operating system's time of day. When that is set back, this one goes on by itself, second
/// for second, until it is caught up: ids and `iat` keep their order within the process, and what
/// lives for a minute lives no longer.
#[derive(Debug)]
pub struct SystemClock {
    /// The time told when it began, and the counter by which it goes on.
    began: (i64, Instant),
    /// How far the time of day has run ahead of that counter, at most.
    ahead: AtomicI64,
    last: AtomicI64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemClock {
    /// A clock that begins with the time of day.
    pub fn new() -> Self {
        Self {
            began: (unix_millis(), Instant::now()),
            ahead: AtomicI64::new(0),
            last: AtomicI64::new(0),
        }
    }

    /// The later of the time of day and of what this clock would tell without it.
    fn advance(&self, counted: i64, time_of_day: i64) -> i64 {
        let ahead = time_of_day.saturating_sub(counted);
        let ahead = self.ahead.fetch_max(ahead, Ordering::Relaxed).max(ahead);
        let now = counted.saturating_add(ahead);
        self.last.fetch_max(now, Ordering::Relaxed).max(now)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let (millis, counter) = self.began;
        let passed = i64::try_from(counter.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.advance(millis.saturating_add(passed), unix_millis()))
    }
}

/// A machine whose clock stands before 1970 gets 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the adapter behind the Clock port"
)]
fn unix_millis() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_by_itself_while_the_machine_is_set_back() {
        let clock = SystemClock::new();
        assert_eq!(clock.advance(5_000, 5_000), 5_000);
        assert_eq!(
            clock.advance(5_700, 2_700),
            5_700,
            "set back by three seconds"
        );
        assert_eq!(clock.advance(9_000, 6_000), 9_000, "and time passes");
        assert_eq!(clock.advance(9_100, 9_500), 9_500, "set forward");
        assert_eq!(clock.advance(9_200, 6_200), 9_600, "and back again");
        assert_eq!(
            clock.advance(9_199, 6_199),
            9_600,
            "never behind what was told"
        );
    }

    #[test]
    fn it_tells_milliseconds_of_this_century() {
        let clock = SystemClock::new();
        let first = clock.now();
        assert!(first > Timestamp::from_seconds(1_700_000_000));
        assert!(first < Timestamp::from_seconds(4_102_444_800));
        assert!(clock.now() >= first);
    }
}
