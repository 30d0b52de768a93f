//! The proof that a caller may do something: an argument of every privileged use case.

use core::marker::PhantomData;
use std::collections::BTreeSet;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Id, Realm, Settings};

use super::{Caller, Right};
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;

/// What a caller holds at the moment of asking.
#[derive(Debug, Clone)]
pub(super) enum Rights {
    /// The operator and Gatelodge itself.
    All,
    /// An administrator's, by name.
    These(BTreeSet<String>),
}

impl Rights {
    pub(super) fn cover(&self, others: &BTreeSet<String>) -> bool {
        match self {
            Self::All => true,
            Self::These(mine) => others.is_subset(mine),
        }
    }
}

/// May do `P` in one realm. Cannot be made outside of this slice:
///
/// ```compile_fail
/// let permit = gatelodge_usecases::admin::Permit::<gatelodge_usecases::admin::UsersRead> {};
/// ```
#[derive(Debug)]
pub struct Permit<P: Right> {
    pub(super) realm: ServedRealm,
    pub(super) caller: Caller,
    pub(super) held: Rights,
    pub(super) request: RequestFacts,
    pub(super) right: PhantomData<fn() -> P>,
}

/// May do `P` in the whole house, every realm of it.
#[derive(Debug)]
pub struct HousePermit<P: Right> {
    pub(super) caller: Caller,
    pub(super) request: RequestFacts,
    /// The realm that events about no realm in particular are filed under.
    pub(super) home: Id<Realm>,
    pub(super) right: PhantomData<fn() -> P>,
}

impl<P: Right> Permit<P> {
    /// The realm in which it holds.
    pub const fn realm(&self) -> &ServedRealm {
        &self.realm
    }

    /// Its row id.
    pub const fn realm_id(&self) -> Id<Realm> {
        self.realm.realm.id
    }

    /// What the realm sets for itself.
    pub const fn settings(&self) -> &Settings {
        &self.realm.realm.settings
    }

    /// Who holds it.
    pub const fn actor(&self) -> AuditActor {
        self.caller.actor()
    }

    /// The realm of who holds it, if they are in one.
    pub const fn actor_realm(&self) -> Option<Id<Realm>> {
        self.caller.realm()
    }

    /// Facts of the request behind it.
    pub const fn request(&self) -> &RequestFacts {
        &self.request
    }

    /// An event of something that its holder did in the realm.
    pub(crate) fn done(&self, action: AuditAction) -> Entry {
        entry(&self.caller, self.realm_id(), action)
    }
}

impl<P: Right> HousePermit<P> {
    /// Who holds it.
    pub const fn actor(&self) -> AuditActor {
        self.caller.actor()
    }

    /// Facts of the request behind it.
    pub const fn request(&self) -> &RequestFacts {
        &self.request
    }

    /// An event of something that its holder did to that realm.
    pub(crate) fn done_in(&self, realm: Id<Realm>, action: AuditAction) -> Entry {
        entry(&self.caller, realm, action)
    }

    /// An event of something that its holder did to no realm in particular.
    pub(crate) fn done(&self, action: AuditAction) -> Entry {
        entry(&self.caller, self.home, action)
    }
}

/// An event of a caller's doing.
pub(super) fn entry(caller: &Caller, realm: Id<Realm>, action: AuditAction) -> Entry {
    let mut entry = Entry::done(realm, caller.actor(), action);
    entry.actor_realm = caller.realm();
    if let Caller::Administrator(administrator) = caller {
        entry.client = Some(administrator.client);
        entry.session = administrator.session;
        entry.token = Some(administrator.token);
    }
    entry
}
