//! The machine's clock, kept from going backwards.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use gatelodge_domain::Timestamp;
use gatelodge_ports::Clock;

/// The operating system's time of day. When that is set back, this one stands still until it
/// is caught up, so that ids and `iat` keep their order within the process.
#[derive(Debug, Default)]
pub struct SystemClock {
    last: AtomicI64,
}

impl SystemClock {
    /// A clock that has not told any time yet.
    pub const fn new() -> Self {
        Self {
            last: AtomicI64::new(0),
        }
    }

    fn not_before_last(&self, now: i64) -> i64 {
        self.last.fetch_max(now, Ordering::Relaxed).max(now)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.not_before_last(unix_millis()))
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
    fn it_stands_still_while_the_machine_is_set_back() {
        let clock = SystemClock::new();
        assert_eq!(clock.not_before_last(5_000), 5_000);
        assert_eq!(clock.not_before_last(3_000), 5_000);
        assert_eq!(clock.not_before_last(5_001), 5_001);
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
