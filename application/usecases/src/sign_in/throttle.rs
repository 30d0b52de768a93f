//! Slows guessing: a number of failed tries a minute for one account, and for one address, and
//! delays that grow as failures go on.
//!
//! A try is counted before it is made, so that many at once cannot slip through, and given
//! back when it succeeds. The window does not move: whoever is slowed is let through again
//! within a minute, whatever an attacker does meanwhile.
//!
//! Accounts, and browsers in which somebody signed in before, are counted in the store, by all
//! nodes together ([`accounts`]). Addresses are counted in memory, and each node allows its
//! share ([`addresses`]): writing a row for every address that guesses would be the flood.
//! Delays grow with failures that go on beyond a minute's ([`delays`]); they are rows, so that
//! every node honours them and an administrator sees and lifts them, and a browser in which the
//! person signed in before is not delayed.

mod accounts;
mod addresses;
pub(crate) mod delays;
mod links;

use core::time::Duration;

use gatelodge_domain::setting::Layers;
use gatelodge_domain::throttle::ThrottleKind;
use gatelodge_domain::{Digest, Id, Realm, Setting, Timestamp, User};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{StoreError, UnitOfWork};

use crate::audit::RequestFacts;
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};
use accounts::{Accounts, Reserved};
pub(crate) use addresses::{Address, Addresses};
use delays::Counter;
pub use links::LinkTries;
pub(crate) use links::{LinkTry, TooManyLinks};

const WINDOW: Duration = Duration::from_mins(1);
/// Counters of one sort in memory, at most.
const BOUND: usize = 100_000;

/// Whose tries are counted in the store: an account, known or not, by the keyed digest of its
/// name; or a browser, which is counted apart so that strangers cannot use its tries up.
type Account = (Id<Realm>, Digest);

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess<'a> {
    /// The password of whoever has that name.
    Password(&'a str),
    /// A code of that person's second factors.
    Factor(Id<User>),
}

/// Who tries: a browser in which the person signed in before, by the digest of its cookie, or
/// anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guesser {
    /// Such a browser.
    Familiar(Digest),
    /// Anybody.
    Anybody,
}

/// Why a try is not made.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Too many failed; how long to wait.
    Wait(Duration),
    /// It could not be asked.
    Failed(Failure),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Counters of the current windows. One for the whole process: it counts the tries that are
/// under way.
#[derive(Default)]
pub(crate) struct Throttle {
    accounts: Accounts,
    addresses: Addresses,
}

/// A try that may be made. Dropped, it is no longer under way.
pub(crate) struct Admitted<'a> {
    addresses: &'a Addresses,
    address: Option<Address>,
    /// None where the limit is off.
    reserved: Option<Reserved<'a>>,
    counters: Vec<Counter>,
}

impl Throttle {
    /// Counts a try as under way, unless those of its account or its address are used up, or
    /// are to come later. A limit of zero counts nothing.
    pub(crate) async fn admit(
        &self,
        foundation: &Foundation,
        realm: &ServedRealm,
        guess: Guess<'_>,
        guesser: Guesser,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<Admitted<'_>, Refused> {
        let settings = [&realm.realm.settings];
        let limit = Layers(&settings).value(Setting::SignInAttemptsPerMinute);
        let address = match guesser {
            Guesser::Familiar(_) => None,
            Guesser::Anybody => request.address.as_deref(),
        };
        let mut admitted = Admitted {
            addresses: &self.addresses,
            address: None,
            reserved: None,
            counters: Vec::new(),
        };
        if limit > 0 {
            let nodes = foundation.nodes.live();
            if let Some(address) = address.map(|text| Address::of(realm.realm.id, text)) {
                self.addresses
                    .admit(&address, limit.div_ceil(nodes), now)
                    .map_err(Refused::Wait)?;
                admitted.address = Some(address);
            }
            let account = (
                realm.realm.id,
                account(foundation, realm.realm.id, guess, guesser),
            );
            match self.accounts.admit(foundation, account, limit, now).await {
                Ok(reserved) => admitted.reserved = Some(reserved),
                Err(refused) => {
                    admitted.give_back();
                    return Err(refused);
                }
            }
        }
        if guesser == Guesser::Anybody {
            match counters(foundation, realm, guess, address, now).await {
                Ok(counters) => admitted.counters = counters,
                Err(refused) => {
                    admitted.give_back();
                    return Err(refused);
                }
            }
        }
        Ok(admitted)
    }
}

/// What is counted within a minute.
fn account(
    foundation: &Foundation,
    realm: Id<Realm>,
    guess: Guess<'_>,
    guesser: Guesser,
) -> Digest {
    let tries_of = |what: &[u8], whose: &[u8]| {
        let parts = [what, &realm.to_bytes(), whose];
        foundation.vault.mac(DataKeyPurpose::Digests, &parts)
    };
    match (guess, guesser) {
        (Guess::Password(_), Guesser::Familiar(browser)) => {
            tries_of(b"sign-in tries of a browser", browser.as_bytes())
        }
        (Guess::Password(name), Guesser::Anybody) => tries_of(b"sign-in tries", name.as_bytes()),
        (Guess::Factor(_), Guesser::Familiar(browser)) => {
            tries_of(b"second factor tries of a browser", browser.as_bytes())
        }
        (Guess::Factor(user), Guesser::Anybody) => {
            tries_of(b"second factor tries", &user.to_bytes())
        }
    }
}

/// What is counted for as long as failures go on; refused where one of them must wait.
async fn counters(
    foundation: &Foundation,
    realm: &ServedRealm,
    guess: Guess<'_>,
    address: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Counter>, Refused> {
    if !delays::policy(realm).is_on() {
        return Ok(Vec::new());
    }
    let (vault, id) = (&*foundation.vault, realm.realm.id);
    let (kind, digest) = match guess {
        Guess::Password(name) => (ThrottleKind::Account, delays::of_name(vault, id, name)),
        Guess::Factor(user) => (ThrottleKind::Factor, delays::of_factors(vault, id, user)),
    };
    let mut counters = vec![Counter::of(foundation, realm, kind, digest, now)];
    if let Some(address) = address {
        let counter = Counter::of_address(foundation, realm, address, now)
            .map_err(|error| Refused::Failed(error.into()))?;
        counters.push(counter);
    }
    let mut longest = Duration::ZERO;
    for counter in &mut counters {
        longest = longest.max(counter.wait(foundation, now).await?);
    }
    if longest.is_zero() {
        Ok(counters)
    } else {
        Err(Refused::Wait(longest))
    }
}

impl Admitted<'_> {
    /// Gives the address its try back: it turned out well, or was never made.
    pub(crate) fn give_back(&mut self) {
        if let Some(address) = self.address.take() {
            self.addresses.give_back(&address);
        }
    }

    /// Counts the try as failed, with the unit that records it; of whom, if it is somebody's.
    pub(crate) async fn failed(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        user: Option<Id<User>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for counter in &self.counters {
            counter.failed(unit, user, now).await?;
        }
        match &self.reserved {
            Some(reserved) => reserved.failed(unit, now).await,
            None => Ok(()),
        }
    }

    /// Forgets the failures before a try that succeeded.
    pub(crate) async fn succeeded(&self, foundation: &Foundation) -> Result<(), StoreError> {
        for counter in &self.counters {
            counter.succeeded(foundation).await?;
        }
        Ok(())
    }

    /// Whether a failed try has to be written.
    pub(crate) fn is_counted(&self) -> bool {
        self.reserved.is_some() || !self.counters.is_empty()
    }
}
