//! Failed tries of one address, counted by this node alone; the limit is divided by the nodes
//! that are live, so that all of them together allow about what one would.

use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use gatelodge_domain::{Id, Realm, Timestamp};

use super::{BOUND, WINDOW};

/// An address; of IPv6 the network, which is what one household or machine gets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address(Id<Realm>, String);

impl Address {
    pub(crate) fn of(realm: Id<Realm>, text: &str) -> Self {
        Self(realm, network(text))
    }
}

/// What an address is counted as: itself, or its IPv6 network.
pub(super) fn network(text: &str) -> String {
    match text.parse() {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(IpAddr::V4(_)) | Err(_) => text.to_owned(),
    }
}

type Windows = HashMap<Address, (Timestamp, u32)>;

/// Counters of the current windows.
#[derive(Default)]
pub(crate) struct Addresses(Mutex<Windows>);

impl Addresses {
    /// Counts a try, or answers how long to wait where the limit is reached.
    pub(crate) fn admit(
        &self,
        address: &Address,
        limit: u32,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((began, count)) = windows.get(address)
            && now < began.plus(WINDOW)
            && *count >= limit
        {
            return Err(began.plus(WINDOW).since(now));
        }
        make_room(&mut windows, now);
        let window = windows.entry(address.clone()).or_insert((now, 0));
        if now >= window.0.plus(WINDOW) {
            *window = (now, 0);
        }
        window.1 += 1;
        Ok(())
    }

    /// Gives a try back.
    pub(super) fn give_back(&self, address: &Address) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = windows.get_mut(address) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Forgets what is over; then, if need be, those that were seen once; then everybody: memory
/// is bounded whatever comes.
fn make_room(windows: &mut Windows, now: Timestamp) {
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

    fn address(text: &str) -> Address {
        Address::of(Id::from_u128(1), text)
    }

    #[test]
    fn over_the_limit_one_waits_for_the_rest_of_the_minute() {
        let addresses = Addresses::default();
        let at = Timestamp::from_seconds;
        let one = address("192.0.2.1");
        assert_eq!(addresses.admit(&one, 2, at(0)), Ok(()));
        assert_eq!(addresses.admit(&one, 2, at(1)), Ok(()));
        let wait = addresses.admit(&one, 2, at(20));
        assert_eq!(wait, Err(Duration::from_secs(40)));
        assert_eq!(addresses.admit(&address("192.0.2.2"), 2, at(20)), Ok(()));
        assert_eq!(addresses.admit(&one, 2, at(60)), Ok(()));
    }

    #[test]
    fn a_try_that_succeeds_is_given_back() {
        let addresses = Addresses::default();
        let one = address("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(addresses.admit(&one, 1, Timestamp::EPOCH), Ok(()));
            addresses.give_back(&one);
        }
    }

    #[test]
    fn an_ipv6_household_is_one_address() {
        assert_eq!(address("2001:db8:1:2:3::4"), address("2001:db8:1:2::5"));
        assert_ne!(address("2001:db8:1:2::5"), address("2001:db8:1:3::5"));
    }

    #[test]
    fn memory_is_bounded() {
        let addresses = Addresses::default();
        for n in 0..=BOUND {
            let one = address(&n.to_string());
            assert_eq!(addresses.admit(&one, 5, Timestamp::EPOCH), Ok(()));
        }
        assert!(addresses.0.lock().unwrap().len() <= BOUND);
    }
}
