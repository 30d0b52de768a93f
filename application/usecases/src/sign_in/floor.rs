//! No answer to a try comes earlier than the realm's slowest comparison, so that a password
//! hash of another cost (imported, or made before the cost was raised) does not show.
//!
//! What an imported hash costs is measured at its import and kept with the realm, so that it is
//! everybody's floor before the first try with one.

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
    /// What the realm's imported hashes cost, and when that was asked.
    imported: Duration,
    asked_at: Option<Timestamp>,
}

/// The fact that says what a realm's imported hashes cost at most, in milliseconds.
pub(crate) fn imported_cost_fact(realm: Id<Realm>) -> String {
    format!("imported_hash_cost|{realm}")
}

/// What such a fact says.
pub(crate) fn imported_cost(fact: Option<&[u8]>) -> Duration {
    let text = fact.and_then(|bytes| core::str::from_utf8(bytes).ok());
    let millis = text.and_then(|text| text.parse().ok());
    Duration::from_millis(millis.unwrap_or_default())
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
            imported: Duration::ZERO,
            asked_at: None,
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
                ..*slowest
            };
        }
        slowest.current = slowest.current.max(took);
        slowest.current.max(slowest.previous).max(slowest.imported)
    }

    /// Whether it is time to ask what the realm's imported hashes cost.
    pub(super) fn must_ask(&self, realm: Id<Realm>, now: Timestamp) -> bool {
        let realms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked_at = realms.get(&realm).and_then(|known| known.asked_at);
        asked_at.is_none_or(|at| now.since(at) >= WINDOW)
    }

    /// Notes what the realm's imported hashes cost.
    pub(super) fn learn(&self, realm: Id<Realm>, imported: Duration, now: Timestamp) {
        self.observe(realm, Duration::ZERO, now);
        let mut realms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = realms.get_mut(&realm) {
            known.imported = imported.min(CEILING);
            known.asked_at = Some(now);
        }
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
    fn what_imported_hashes_cost_is_the_floor_before_anybody_tried_one() {
        let floors = Floors::default();
        let (realm, at) = (Id::from_u128(1), Timestamp::from_seconds);
        assert!(floors.must_ask(realm, at(0)));
        floors.learn(realm, millis(400), at(0));
        assert!(!floors.must_ask(realm, at(599)));
        assert_eq!(floors.observe(realm, millis(50), at(1)), millis(400));
        // However long ago the last try was.
        assert_eq!(floors.observe(realm, millis(50), at(99_999)), millis(400));
        assert!(floors.must_ask(realm, at(99_999)));
        floors.learn(realm, Duration::ZERO, at(99_999));
        assert_eq!(floors.observe(realm, millis(50), at(99_999)), millis(50));
    }

    #[test]
    fn a_moments_standstill_does_not_become_the_floor() {
        let floors = Floors::default();
        let floor = floors.observe(Id::from_u128(1), Duration::from_secs(9), Timestamp::EPOCH);
        assert_eq!(floor, CEILING);
    }
}
