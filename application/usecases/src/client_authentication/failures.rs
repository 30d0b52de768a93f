//! Slows who keeps failing to prove that they are a client: each such try is compared, recorded
//! and answered, and a client of ours that was set up wrongly can make thousands a second.
//!
//! Counted in memory, by client and address, and only failures: a client that proves itself is
//! never held up, however often it asks at once. Clients that nobody knows are counted together,
//! by realm and address, so that the same answers come for known and unknown ones. A secret of 256 bits is not guessed, so the
//! count need not be shared between nodes.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gatelodge_domain::{Client, Id, Realm, Timestamp};

const WINDOW: Duration = Duration::from_mins(1);
/// So many failures of one client from one address within a minute.
pub(super) const LIMIT: u32 = 300;
const BOUND: usize = 10_000;

/// Who fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Failing {
    /// A client.
    Known(Id<Client>),
    /// Whoever names a client that the realm does not have.
    Unknown(Id<Realm>),
}

type Key = (Failing, Option<String>);

/// Counts failures.
#[derive(Default)]
pub(super) struct Failures {
    /// Whether any is counted, so that a house without one takes no lock.
    any: AtomicBool,
    windows: Mutex<HashMap<Key, (Timestamp, u32)>>,
}

impl Failures {
    /// How long they must wait at that address, where enough has failed there.
    pub(super) fn wait(
        &self,
        who: Failing,
        address: Option<&str>,
        now: Timestamp,
    ) -> Option<Duration> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, count) = windows.get(&(who, address.map(str::to_owned)))?;
        let end = began.plus(WINDOW);
        (now < end && *count >= LIMIT).then(|| end.since(now))
    }

    /// Counts one.
    pub(super) fn count(&self, who: Failing, address: Option<&str>, now: Timestamp) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= BOUND {
            windows.retain(|_, (began, _)| now < began.plus(WINDOW));
        }
        if windows.len() >= BOUND {
            windows.clear();
        }
        let key = (who, address.map(str::to_owned));
        let window = windows.entry(key).or_insert((now, 0));
        if now >= window.0.plus(WINDOW) {
            *window = (now, 0);
        }
        window.1 += 1;
        self.any.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_keeps_failing_somewhere_waits_there_and_nowhere_else() {
        let failures = Failures::default();
        let client = Failing::Known(Id::from_u128(1));
        let other = Failing::Unknown(Id::from_u128(1));
        let at = Timestamp::from_seconds;
        let here = Some("192.0.2.1");
        assert_eq!(failures.wait(client, here, at(0)), None);
        for _ in 0..LIMIT {
            assert_eq!(failures.wait(client, here, at(0)), None);
            failures.count(client, here, at(0));
        }
        assert_eq!(
            failures.wait(client, here, at(20)),
            Some(Duration::from_secs(40))
        );
        assert_eq!(failures.wait(other, here, at(20)), None);
        assert_eq!(failures.wait(client, Some("192.0.2.2"), at(20)), None);
        assert_eq!(failures.wait(client, here, at(60)), None);
    }

    #[test]
    fn memory_is_bounded() {
        let failures = Failures::default();
        for n in 0..=BOUND {
            let client = Failing::Known(Id::from_u128(n as u128));
            failures.count(client, None, Timestamp::EPOCH);
        }
        assert!(failures.windows.lock().unwrap().len() <= BOUND);
    }
}
