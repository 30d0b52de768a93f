//! The proof that a caller may do something: an argument of every privileged use case.

use core::marker::PhantomData;
use std::collections::BTreeSet;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, AuditEvent, Group, Id, Realm, Settings, Timestamp, User};

use super::denial::record_denial;
use super::reach::Extent;
use super::{AdminError, Caller, Reach, Refusal, Right, reach};
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

/// What a caller holds at the moment of asking.
#[derive(Debug, Clone)]
pub(super) enum Rights {
    /// The operator and Gatelodge itself.
    All,
    /// An administrator's, by name.
    These(BTreeSet<String>),
}

impl Rights {
    /// How far they reach for that name, in the realm of that slug or, without one, in the house.
    pub(super) fn extent(&self, name: &str, slug: Option<&str>) -> Extent<'_> {
        match self {
            Self::All => Extent::House,
            Self::These(mine) => reach::extent(mine, name, slug),
        }
    }

    pub(super) fn cover(&self, others: &BTreeSet<String>) -> bool {
        match self {
            Self::All => true,
            Self::These(mine) => {
                reach::is_everything(mine)
                    || others.iter().all(|wanted| reach::covers(mine, wanted))
            }
        }
    }
}

/// May do `P` in one realm, or for some groups of it. Cannot be made outside of this slice.
///
/// A permit for a [`super::GroupRight`] may end at groups: its holder sees and changes the
/// people of those groups and nobody else. So a use case that takes one asks it first
///
/// - [`Self::reach_user`] or [`Self::reach_owner`], before it looks whether there is such a
///   person, session or grant;
/// - [`Self::groups`], as the filter of a list of people;
/// - [`Self::reach_realm`], where what is done concerns more than one person: making and
///   deleting people, lists of what is not a person.
///
/// Each of them refuses with the same answer, and records it.
///
/// ```compile_fail
/// let permit = gatelodge_usecases::admin::Permit::<gatelodge_usecases::admin::UsersRead> {};
/// ```
#[derive(Debug)]
pub struct Permit<P: Right> {
    pub(super) realm: ServedRealm,
    pub(super) caller: Caller,
    pub(super) held: Rights,
    pub(super) reach: Reach,
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

    /// How much of the realm is within reach.
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The groups to whose people it is limited, as the filter of a list; `None` where everybody
    /// in the realm is within reach.
    pub const fn groups(&self) -> Option<&BTreeSet<Id<Group>>> {
        self.reach.groups()
    }

    /// Refuses where a person is out of reach, whether or not there is such a person. To be
    /// asked before anything is read of them.
    pub async fn reach_user(
        &self,
        foundation: &Foundation,
        user: Id<User>,
    ) -> Result<(), AdminError> {
        self.reach_owner(foundation, Some(user)).await
    }

    /// The same for what belongs to a person; `None` for what is nobody's or does not exist.
    pub(crate) async fn reach_owner(
        &self,
        foundation: &Foundation,
        owner: Option<Id<User>>,
    ) -> Result<(), AdminError> {
        let Some(groups) = self.groups() else {
            return Ok(());
        };
        if let Some(user) = owner {
            let mut view = foundation.store.read().await?;
            let joined = view.roles().groups_of(self.realm_id(), user).await?;
            if joined.iter().any(|group| groups.contains(&group.id)) {
                return Ok(());
            }
        }
        self.deny(foundation).await
    }

    /// Refuses where a group is out of reach, whether or not there is such a group.
    pub(crate) async fn reach_group(
        &self,
        foundation: &Foundation,
        group: Option<Id<Group>>,
    ) -> Result<(), AdminError> {
        match self.groups() {
            None => Ok(()),
            Some(groups) if group.is_some_and(|group| groups.contains(&group)) => Ok(()),
            Some(_) => self.deny(foundation).await,
        }
    }

    /// Refuses where less than the whole realm is within reach.
    pub(crate) async fn reach_realm(&self, foundation: &Foundation) -> Result<(), AdminError> {
        match self.groups() {
            None => Ok(()),
            Some(_) => self.deny(foundation).await,
        }
    }

    /// Records that what was asked for is beyond its holder's reach, and says so.
    pub(crate) async fn deny<T>(&self, foundation: &Foundation) -> Result<T, AdminError> {
        self.record_denial(foundation).await?;
        Err(Refusal::forbidden().into())
    }

    async fn record_denial(&self, foundation: &Foundation) -> Result<(), Failure> {
        let slug = Some(self.realm.realm.slug.as_str());
        record_denial(foundation, &self.caller, P::NAME, slug, &self.request).await
    }

    /// Something that its holder did in the realm.
    pub(crate) fn done(&self, action: AuditAction) -> Entry {
        entry(&self.caller, self.realm_id(), action)
    }

    /// The event of that, made before the unit that it is recorded in.
    pub(crate) async fn event(
        &self,
        foundation: &Foundation,
        entry: Entry,
        now: Timestamp,
    ) -> Result<AuditEvent, Failure> {
        let recorder = &foundation.recorder;
        recorder.event(entry, &self.request, now).await
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

    /// Something that its holder did to that realm.
    pub(crate) fn done_in(&self, realm: Id<Realm>, action: AuditAction) -> Entry {
        entry(&self.caller, realm, action)
    }

    /// Something that its holder did to no realm in particular.
    pub(crate) fn done(&self, action: AuditAction) -> Entry {
        entry(&self.caller, self.home, action)
    }

    /// The event of that, made before the unit that it is recorded in.
    pub(crate) async fn event(
        &self,
        foundation: &Foundation,
        entry: Entry,
        now: Timestamp,
    ) -> Result<AuditEvent, Failure> {
        let recorder = &foundation.recorder;
        recorder.event(entry, &self.request, now).await
    }
}

/// Something that a caller did.
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
