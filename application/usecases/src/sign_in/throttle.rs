//! Slows guessing: a number of failed tries a minute for one account, and for one address.
//!
//! A try is counted before it is made, so that many at once cannot slip through, and given
//! back when it succeeds. The window does not move: whoever is slowed is let through again
//! within a minute, whatever an attacker does meanwhile. The counters live in memory; with
//! several nodes each counts for itself.

use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use gatelodge_domain::{Digest, Id, Realm, Timestamp};

const WINDOW: Duration = Duration::from_mins(1);
const BOUND: usize = 100_000;

/// What tries are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Counted {
    /// An account, known or not, by the keyed digest of its name.
    Account(Id<Realm>, Digest),
    /// An address; of IPv6 the network, which is what one household or machine gets.
    Address(Id<Realm>, String),
    /// A browser that signed in before; counted apart from the account, so that strangers
    /// cannot use its tries up.
    Browser(Id<Realm>, Digest),
}

impl Counted {
    pub(super) fn address(realm: Id<Realm>, text: &str) -> Self {
        let network = match text.parse() {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
            Ok(IpAddr::V4(_)) | Err(_) => text.to_owned(),
        };
        Self::Address(realm, network)
    }
}

/// Counters of the current windows.
#[derive(Default)]
pub(super) struct Throttle(Mutex<HashMap<Counted, (Timestamp, u32)>>);

impl Throttle {
    /// Counts a try under all of these, or under none where one of them is used up; then
    /// answers how long to wait. A limit of zero counts nothing.
    pub(super) fn admit(
        &self,
        keys: &[Counted],
        limit: u32,
        now: Timestamp,
    ) -> Result<(), Duration> {
        if limit == 0 {
            return Ok(());
        }
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used_up = keys
            .iter()
            .filter_map(|key| windows.get(key))
            .filter(|(began, count)| now < began.plus(WINDOW) && *count >= limit)
            .map(|(began, _)| began.plus(WINDOW).since(now))
            .max();
        if let Some(wait) = used_up {
            return Err(wait);
        }
        make_room(&mut windows, now);
        for key in keys {
            let window = windows.entry(key.clone()).or_insert((now, 0));
            if now >= window.0.plus(WINDOW) {
                *window = (now, 0);
            }
            window.1 += 1;
        }
        Ok(())
    }

    /// Gives a try back that turned out well, or was never made.
    pub(super) fn give_back(&self, keys: &[Counted]) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some((_, count)) = windows.get_mut(key) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

/// Forgets what is over; then, if need be, those that were seen once; then everybody: memory
/// is bounded whatever comes.
fn make_room(windows: &mut HashMap<Counted, (Timestamp, u32)>, now: Timestamp) {
    if windows.len() < BOUND {
        return;
    }
    windows.retain(|_, (began, _)| now < began.plus(WINDOW));
    if windows.len() >= BOUND {
        windows.retain(|_, (_, count)| *count > 1);
    }
    if windows.len() >= BOUND {
        windows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> [Counted; 1] {
        [Counted::address(Id::from_u128(1), text)]
    }

    #[test]
    fn over_the_limit_one_waits_for_the_rest_of_the_minute() {
        let throttle = Throttle::default();
        let at = Timestamp::from_seconds;
        let key = address("192.0.2.1");
        assert_eq!(throttle.admit(&key, 2, at(0)), Ok(()));
        assert_eq!(throttle.admit(&key, 2, at(1)), Ok(()));
        let wait = throttle.admit(&key, 2, at(20));
        assert_eq!(wait, Err(Duration::from_secs(40)));
        assert_eq!(throttle.admit(&address("192.0.2.2"), 2, at(20)), Ok(()));
        assert_eq!(throttle.admit(&key, 2, at(60)), Ok(()));
    }

    #[test]
    fn a_try_that_succeeds_is_given_back_and_zero_is_off() {
        let throttle = Throttle::default();
        let key = address("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(throttle.admit(&key, 1, Timestamp::EPOCH), Ok(()));
            throttle.give_back(&key);
        }
        for _ in 0..10 {
            assert_eq!(throttle.admit(&key, 0, Timestamp::EPOCH), Ok(()));
        }
    }

    #[test]
    fn an_ipv6_household_is_one_address() {
        assert_eq!(address("2001:db8:1:2:3::4"), address("2001:db8:1:2::5"));
        assert_ne!(address("2001:db8:1:2::5"), address("2001:db8:1:3::5"));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..=BOUND {
            let key = [Counted::Address(Id::from_u128(1), n.to_string())];
            assert_eq!(throttle.admit(&key, 5, Timestamp::EPOCH), Ok(()));
        }
        assert!(throttle.0.lock().unwrap().len() <= BOUND);
    }
}
