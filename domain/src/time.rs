//! Points in time as integer milliseconds.
//!
//! Every rule takes `now` as an argument; nothing here reads a clock. RFC 3339 text and the
//! whole seconds of a JWT's `NumericDate` (RFC 7519 §2) are made at the edge. Arithmetic
//! saturates: an absurd lifetime ends at [`Timestamp::MAX`] instead of wrapping into the past.

use core::time::Duration;

const MILLIS_PER_SECOND: i64 = 1_000;

/// Milliseconds since 1970-01-01T00:00:00Z, negative before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The last representable moment; stands for "never ends".
    pub const MAX: Self = Self(i64::MAX);

    /// The moment this many milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment this many seconds after the epoch; saturates.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MILLIS_PER_SECOND))
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(MILLIS_PER_SECOND)
    }

    /// The moment `duration` later; saturates, and drops what is below a millisecond.
    #[must_use]
    pub const fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// The moment `duration` earlier; saturates, and drops what is below a millisecond.
    #[must_use]
    pub const fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// How long after `earlier` this is; zero when `earlier` is in truth the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        if self.0 <= earlier.0 {
            return Duration::ZERO;
        }
        Duration::from_millis(self.0.abs_diff(earlier.0))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "larger values have been cut off before"
)]
const fn millis(duration: Duration) -> i64 {
    let millis = duration.as_millis();
    if millis > i64::MAX as u128 {
        i64::MAX
    } else {
        millis as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_towards_the_past() {
        assert_eq!(Timestamp::from_millis(1_999).as_seconds(), 1);
        assert_eq!(Timestamp::from_millis(-1).as_seconds(), -1);
        assert_eq!(Timestamp::from_seconds(7), Timestamp::from_millis(7_000));
        assert_eq!(Timestamp::default(), Timestamp::EPOCH);
    }

    #[test]
    fn adding_and_taking_away_are_each_others_opposite() {
        let start = Timestamp::from_millis(1_000);
        let later = start.plus(Duration::from_millis(250));
        assert_eq!(later.as_millis(), 1_250);
        assert_eq!(later.minus(Duration::from_millis(250)), start);
        assert_eq!(start.plus(Duration::from_micros(999)), start);
    }

    #[test]
    fn absurd_lifetimes_end_at_the_ends_of_time() {
        assert_eq!(Timestamp::EPOCH.plus(Duration::MAX), Timestamp::MAX);
        assert_eq!(
            Timestamp::MAX.plus(Duration::from_millis(1)),
            Timestamp::MAX
        );
        assert_eq!(
            Timestamp::from_millis(-2).minus(Duration::MAX).as_millis(),
            i64::MIN
        );
        assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_seconds(i64::MIN).as_millis(), i64::MIN);
    }

    #[test]
    fn no_time_has_passed_since_a_later_moment() {
        let (earlier, later) = (Timestamp::from_millis(-10), Timestamp::from_millis(15));
        assert_eq!(later.since(earlier), Duration::from_millis(25));
        assert_eq!(earlier.since(later), Duration::ZERO);
        assert_eq!(later.since(later), Duration::ZERO);
        assert_eq!(
            Timestamp::MAX.since(Timestamp::from_millis(i64::MIN)),
            Duration::from_millis(u64::MAX)
        );
    }
}
