//! Growing delays ([`gatelodge_domain::throttle`]): counted in the store, by all nodes
//! together, and liftable by an administrator.
//!
//! What a try is counted by is looked up before it is made; a failed one is counted in the unit
//! that records it. The first failures cost nothing, so there is nothing to learn from them, and
//! a name that nobody has is counted like any other.

use core::time::Duration;

use gatelodge_domain::setting::Layers;
use gatelodge_domain::throttle::{DelayPolicy, Throttle, ThrottleKind};
use gatelodge_domain::{Digest, Id, Realm, Setting, Timestamp, User};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{StoreError, UnitOfWork, Vault, VaultError};

use super::addresses::network;
use crate::Foundation;
use crate::realms::ServedRealm;

/// An address stands for many people: so many times more failures cost nothing.
const ADDRESS_SHARES: u32 = 5;

/// What a realm asks for.
pub(super) fn policy(realm: &ServedRealm) -> DelayPolicy {
    let settings = [&realm.realm.settings];
    let layers = Layers(&settings);
    DelayPolicy {
        free: layers.value(Setting::SignInDelayAfter),
        longest: layers.duration(Setting::SignInDelayLongest),
    }
}

/// The key of an account's count: of the canonical name, known or not.
pub(crate) fn of_name(vault: &dyn Vault, realm: Id<Realm>, name: &str) -> Digest {
    digest(vault, realm, b"failed sign-ins of a name", name.as_bytes())
}

/// The key of the count of a person's second factors.
pub(crate) fn of_factors(vault: &dyn Vault, realm: Id<Realm>, user: Id<User>) -> Digest {
    digest(vault, realm, b"failed second factors", &user.to_bytes())
}

/// The key of an address's count.
pub(crate) fn of_address(vault: &dyn Vault, realm: Id<Realm>, address: &str) -> Digest {
    let network = network(address);
    digest(vault, realm, b"failures of an address", network.as_bytes())
}

fn digest(vault: &dyn Vault, realm: Id<Realm>, what: &[u8], whose: &[u8]) -> Digest {
    let parts = [what, &realm.to_bytes(), whose];
    vault.mac(DataKeyPurpose::Digests, &parts)
}

/// A count that a try would begin or go on.
#[derive(Debug, Clone)]
pub(super) struct Counter {
    first: Throttle,
    policy: DelayPolicy,
    /// Whether failures are counted already.
    known: bool,
}

impl Counter {
    /// One of an account or of a person's factors.
    pub(super) fn of(
        foundation: &Foundation,
        realm: &ServedRealm,
        kind: ThrottleKind,
        digest: Digest,
        now: Timestamp,
    ) -> Self {
        let policy = policy(realm);
        Self {
            first: first(foundation, realm, kind, digest, now),
            policy,
            known: false,
        }
    }

    /// One of an address.
    pub(super) fn of_address(
        foundation: &Foundation,
        realm: &ServedRealm,
        address: &str,
        now: Timestamp,
    ) -> Result<Self, VaultError> {
        let digest = of_address(&*foundation.vault, realm.realm.id, address);
        let mut first = first(foundation, realm, ThrottleKind::Address, digest, now);
        let place = Throttle::place(first.realm, first.id);
        first.label = foundation.vault.seal(&place, network(address).as_bytes())?;
        let policy = policy(realm);
        Ok(Self {
            first,
            policy: DelayPolicy {
                free: policy.free.saturating_mul(ADDRESS_SHARES),
                ..policy
            },
            known: false,
        })
    }

    /// How long a try must wait.
    pub(super) async fn wait(
        &mut self,
        foundation: &Foundation,
        now: Timestamp,
    ) -> Result<Duration, StoreError> {
        if !self.policy.is_on() {
            return Ok(Duration::ZERO);
        }
        let mut view = foundation.store.read().await?;
        let found = view
            .throttles()
            .find(self.first.realm, &self.first.digest)
            .await?;
        self.known = found.is_some();
        // Another node's clock must not make a wait longer than the longest.
        Ok(found.map_or(Duration::ZERO, |throttle| {
            throttle.wait(now).min(self.policy.longest)
        }))
    }

    /// Counts a failed try with the unit that records it.
    pub(super) async fn failed(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        user: Option<Id<User>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.policy.is_on() {
            return Ok(());
        }
        let first = Throttle {
            // An address is nobody's.
            user: user.filter(|_| self.first.kind != ThrottleKind::Address),
            last_failed_at: now,
            expires_at: now.plus(self.policy.remembered_after(1)),
            ..self.first.clone()
        };
        let counted = unit.throttles().count(&first).await?;
        let wait = self.policy.wait_after(counted.failures);
        if wait.is_zero() {
            return Ok(());
        }
        let remembered = self.policy.remembered_after(counted.failures);
        let held = Throttle {
            blocked_until: now.plus(wait),
            expires_at: now.plus(remembered),
            ..counted
        };
        unit.throttles().hold(&held).await.map(|_| ())
    }

    /// Forgets an account's failures after a try that succeeded. An address keeps its own: it
    /// would be cleared by signing in to an account of the guesser's.
    pub(super) async fn succeeded(&self, foundation: &Foundation) -> Result<(), StoreError> {
        if !self.known || self.first.kind == ThrottleKind::Address {
            return Ok(());
        }
        let mut unit = foundation.store.write().await?;
        unit.throttles()
            .clear(self.first.realm, &self.first.digest)
            .await?;
        unit.commit().await
    }
}

fn first(
    foundation: &Foundation,
    realm: &ServedRealm,
    kind: ThrottleKind,
    digest: Digest,
    now: Timestamp,
) -> Throttle {
    Throttle {
        id: foundation.rng.id(now),
        realm: realm.realm.id,
        kind,
        digest,
        user: None,
        label: Vec::new(),
        failures: 1,
        blocked_until: now,
        created_at: now,
        last_failed_at: now,
        expires_at: now,
    }
}
