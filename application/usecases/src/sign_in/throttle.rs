//! Slows guessing: a number of failed tries a minute for one account, and for one address.
//!
//! A try is counted before it is made, so that many at once cannot slip through, and given
//! back when it succeeds. The window does not move: whoever is slowed is let through again
//! within a minute, whatever an attacker does meanwhile.
//!
//! Accounts, and browsers in which somebody signed in before, are counted in the store, by all
//! nodes together ([`accounts`]). Addresses are counted in memory, and each node allows its
//! share ([`addresses`]): writing a row for every address that guesses would be the flood.

mod accounts;
mod addresses;

use core::time::Duration;

use gatelodge_domain::{Digest, Id, Realm, Timestamp};
use gatelodge_ports::{StoreError, UnitOfWork};

use crate::Foundation;
use accounts::{Accounts, Reserved};
pub(super) use addresses::Address;
use addresses::Addresses;

const WINDOW: Duration = Duration::from_mins(1);
/// Counters of one sort in memory, at most.
const BOUND: usize = 100_000;

/// Whose tries are counted in the store: an account, known or not, by the keyed digest of its
/// name; or a browser, which is counted apart so that strangers cannot use its tries up.
pub(super) type Account = (Id<Realm>, Digest);

/// What a try is counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) account: Account,
    /// Where it comes from; not for a browser that signed in before.
    pub(super) address: Option<Address>,
}

/// Why a try is not made.
#[derive(Debug)]
pub(super) enum Refused {
    /// Too many failed; how long to wait.
    Wait(Duration),
    /// The store could not be asked.
    Failed(StoreError),
}

/// Counters of the current windows.
#[derive(Default)]
pub(super) struct Throttle {
    accounts: Accounts,
    addresses: Addresses,
}

/// A try that may be made. Dropped, it is no longer under way.
pub(super) struct Admitted<'a> {
    addresses: &'a Addresses,
    address: Option<Address>,
    /// None where the limit is off.
    reserved: Option<Reserved<'a>>,
}

impl Throttle {
    /// Counts a try as under way, unless the account's or the address's are used up. A limit of
    /// zero counts nothing.
    pub(super) async fn admit(
        &self,
        foundation: &Foundation,
        counted: Counted,
        limit: u32,
        now: Timestamp,
    ) -> Result<Admitted<'_>, Refused> {
        let mut admitted = Admitted {
            addresses: &self.addresses,
            address: None,
            reserved: None,
        };
        if limit == 0 {
            return Ok(admitted);
        }
        let nodes = foundation.nodes.live();
        if let Some(address) = counted.address {
            self.addresses
                .admit(&address, limit.div_ceil(nodes), now)
                .map_err(Refused::Wait)?;
            admitted.address = Some(address);
        }
        let reserved = self
            .accounts
            .admit(foundation, counted.account, limit, now)
            .await;
        match reserved {
            Ok(reserved) => {
                admitted.reserved = Some(reserved);
                Ok(admitted)
            }
            Err(refused) => {
                admitted.give_back();
                Err(refused)
            }
        }
    }
}

impl Admitted<'_> {
    /// Gives the address its try back: it turned out well, or was never made.
    pub(super) fn give_back(&mut self) {
        if let Some(address) = self.address.take() {
            self.addresses.give_back(&address);
        }
    }

    /// Counts the try as failed, with the unit that records it.
    pub(super) async fn failed(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match &self.reserved {
            Some(reserved) => reserved.failed(unit, now).await,
            None => Ok(()),
        }
    }

    /// Whether a failed try has to be written.
    pub(super) fn is_counted(&self) -> bool {
        self.reserved.is_some()
    }
}
