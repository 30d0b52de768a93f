//! No answer to a try comes earlier than the realm's slowest comparison, so that a password
//! hash of another cost (imported, or made before the cost was raised) does not show.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gatelodge_domain::{Id, Realm, Timestamp};

/// The slowest comparison is looked for in this window and the one before it.
const WINDOW: Duration = Duration::from_mins(10);

/// A machine that stood still for a moment must not become everybody's waiting time. (The wait
/// in a full queue is in no comparison's time.)
const CEILING: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
struct Slowest {
    window_began: Timestamp,
    current: Duration,
    previous: Duration,
}

/// The slowest comparison of each realm, lately.
#[derive(Default)]
pub(super) struct Floors(Mutex<HashMap<Id<Realm>, Slowest>>);

impl Floors {
    /// Notes how long a comparison took and answers how long any try is to take.
    pub(super) fn observe(&self, realm: Id<Realm>, took: Duration, now: Timestamp) -> Duration {
        let took = took.min(CEILING);
        let mut realms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slowest = realms.entry(realm).or_insert(Slowest {
            window_began: now,
            current: Duration::ZERO,
            previous: Duration::ZERO,
        });
        let age = now.since(slowest.window_began);
        if age >= WINDOW {
            let previous = if age < WINDOW * 2 {
                slowest.current
            } else {
                Duration::ZERO
            };
            *slowest = Slowest {
                window_began: now,
                current: Duration::ZERO,
                previous,
            };
        }
        slowest.current = slowest.current.max(took);
        slowest.current.max(slowest.previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn the_slowest_try_is_the_floor_of_the_others_for_a_while() {
        let floors = Floors::default();
        let realm = Id::from_u128(1);
        let at = Timestamp::from_seconds;
        assert_eq!(floors.observe(realm, millis(90), at(0)), millis(90));
        assert_eq!(floors.observe(realm, millis(5), at(1)), millis(90));
        assert_eq!(floors.observe(realm, millis(20), at(700)), millis(90));
        assert_eq!(floors.observe(realm, millis(5), at(1_301)), millis(20));
        assert_eq!(floors.observe(realm, millis(5), at(9_999)), millis(5));
        let other = Id::from_u128(2);
        assert_eq!(floors.observe(other, millis(5), at(1)), millis(5));
    }

    #[test]
    fn a_moments_standstill_does_not_become_the_floor() {
        let floors = Floors::default();
        let floor = floors.observe(Id::from_u128(1), Duration::from_secs(9), Timestamp::EPOCH);
        assert_eq!(floor, CEILING);
    }
}
