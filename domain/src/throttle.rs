//! Growing delays: who keeps failing waits longer and longer, and it is forgotten in time.
//!
//! What the first failures cost is nothing; every further one doubles the wait until the next
//! try, from a second up to a ceiling. Nobody is shut out for good, and a browser in which the
//! person signed in before is not counted here at all.

use core::time::Duration;

use crate::{Digest, Id, Realm, Timestamp, User};

/// What failures are counted of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThrottleKind {
    /// Passwords tried under a name, whether or not anybody has it.
    Account,
    /// Passwords and codes tried from an address.
    Address,
    /// Codes of second factors tried for a person.
    Factor,
}

impl ThrottleKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Account, Self::Address, Self::Factor];

    /// The stored name, which the API shows too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
            Self::Factor => "factor",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A count of failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttle {
    /// Row id.
    pub id: Id<Throttle>,
    /// The realm.
    pub realm: Id<Realm>,
    /// What it counts.
    pub kind: ThrottleKind,
    /// A keyed digest of the name, person or address; its key within the realm.
    pub digest: Digest,
    /// The person whose account it is, where there is one.
    pub user: Option<Id<User>>,
    /// The address, sealed for [`Throttle::place`]; empty for other kinds.
    pub label: Vec<u8>,
    /// How many tries failed.
    pub failures: u32,
    /// No try before then.
    pub blocked_until: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
    /// When a try last failed.
    pub last_failed_at: Timestamp,
    /// From then on it is as if nothing had failed.
    pub expires_at: Timestamp,
}

impl Throttle {
    /// Where its label is sealed for.
    pub fn place(realm: Id<Realm>, id: Id<Self>) -> String {
        format!("{realm}|throttles|{id}|label")
    }

    /// How long a try must wait.
    pub fn wait(&self, now: Timestamp) -> Duration {
        if now < self.expires_at {
            self.blocked_until.since(now)
        } else {
            Duration::ZERO
        }
    }
}

/// How delays grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayPolicy {
    /// How many failures cost nothing; 0 switches delays off.
    pub free: u32,
    /// The longest wait.
    pub longest: Duration,
}

/// How long a few failures are remembered.
const REMEMBERED: Duration = Duration::from_mins(15);

/// How many times its wait a count lives on.
const DECAY: u32 = 4;

impl DelayPolicy {
    /// Whether anything is counted.
    pub const fn is_on(self) -> bool {
        self.free > 0
    }

    /// How long to wait after so many failures: 1 s, 2 s, 4 s, … up to the longest.
    pub fn wait_after(self, failures: u32) -> Duration {
        let over = failures.saturating_sub(self.free);
        if !self.is_on() || over == 0 {
            return Duration::ZERO;
        }
        let doublings = (over - 1).min(31);
        Duration::from_secs(1 << doublings).min(self.longest)
    }

    /// How long after the last of so many failures they are forgotten.
    pub fn remembered_after(self, failures: u32) -> Duration {
        REMEMBERED.max(self.wait_after(failures).saturating_mul(DECAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: DelayPolicy = DelayPolicy {
        free: 3,
        longest: Duration::from_mins(15),
    };

    #[test]
    fn the_wait_doubles_from_a_second_to_its_ceiling() {
        let waits: Vec<u64> = [0, 3, 4, 5, 6, 13, 14, 99, u32::MAX]
            .map(|failures| POLICY.wait_after(failures).as_secs())
            .into();
        assert_eq!(waits, [0, 0, 1, 2, 4, 512, 900, 900, 900]);
        let off = DelayPolicy { free: 0, ..POLICY };
        assert_eq!(off.wait_after(1_000), Duration::ZERO);
    }

    #[test]
    fn a_long_wait_is_remembered_for_longer_than_it_lasts() {
        assert_eq!(POLICY.remembered_after(1), Duration::from_mins(15));
        assert_eq!(POLICY.remembered_after(99), Duration::from_hours(1));
        for failures in 0..50 {
            assert!(POLICY.remembered_after(failures) > POLICY.wait_after(failures));
        }
    }

    #[test]
    fn a_forgotten_count_holds_nobody_up() {
        let throttle = Throttle {
            id: Id::from_u128(1),
            realm: Id::from_u128(2),
            kind: ThrottleKind::Account,
            digest: Digest::new([0; 32]),
            user: None,
            label: Vec::new(),
            failures: 5,
            blocked_until: Timestamp::from_seconds(100),
            created_at: Timestamp::EPOCH,
            last_failed_at: Timestamp::EPOCH,
            expires_at: Timestamp::from_seconds(90),
        };
        assert_eq!(
            throttle.wait(Timestamp::from_seconds(80)),
            Duration::from_secs(20)
        );
        assert_eq!(throttle.wait(Timestamp::from_seconds(90)), Duration::ZERO);
        for kind in ThrottleKind::ALL {
            assert_eq!(ThrottleKind::parse(kind.as_str()), Some(kind));
        }
    }
}
