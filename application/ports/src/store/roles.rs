//! Roles and groups, and who holds them.
//!
//! A role may include others, and whoever holds it holds those too. The inclusions of a realm
//! form no circle; nor would one loop anything here, for a reader visits each role once.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Who or what holds a role directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A party by itself.
    Subject(Subject),
    /// Everybody in a group.
    Group(Id<Group>),
}

impl Holder {
    /// The stored name of the kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Subject(subject) => subject.kind(),
            Self::Group(_) => "group",
        }
    }

    /// The id without its kind.
    pub const fn bits(self) -> u128 {
        match self {
            Self::Subject(subject) => subject.bits(),
            Self::Group(id) => id.as_u128(),
        }
    }

    /// The holder that [`Self::kind`] and [`Self::bits`] describe; `None` for an unknown kind.
    pub fn from_parts(kind: &str, bits: u128) -> Option<Self> {
        match kind {
            "group" => Some(Self::Group(Id::from_u128(bits))),
            other => Subject::from_parts(other, bits).map(Self::Subject),
        }
    }
}

/// A role that a subject holds without another role in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// The role.
    pub role: Id<Role>,
    /// The group that gives it; `None` where it was given to the subject itself.
    pub through: Option<Id<Group>>,
}

/// That one role includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inclusion {
    /// The composite role.
    pub role: Id<Role>,
    /// What it includes.
    pub included: Id<Role>,
}

/// What became of an inclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Included {
    /// It is there now.
    New,
    /// It was there already.
    Already,
    /// It would have closed a circle; nothing was written.
    Circle,
}

/// Reads roles and groups.
#[async_trait]
pub trait FindRoles: Send {
    /// One role.
    async fn find(&mut self, realm: Id<Realm>, id: Id<Role>) -> Result<Option<Role>, StoreError>;

    /// By name.
    async fn find_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &RoleName,
    ) -> Result<Option<Role>, StoreError>;

    /// A page of roles, by row id.
    async fn list(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<Role>,
    ) -> Result<Listed<Role>, StoreError>;

    /// What a subject holds, directly, through its groups, and by inclusion, by role id, each
    /// once.
    async fn held_by(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<Vec<Role>, StoreError>;

    /// What a subject holds without another role in between, in order; a role may come from
    /// several places.
    async fn holdings_of(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<Vec<Holding>, StoreError> {
        let _ = (realm, subject);
        Err(StoreError::Unsupported)
    }

    /// Those roles with everything that they include, near and far, by role id, each once.
    async fn with_included(
        &mut self,
        realm: Id<Realm>,
        roles: &[Id<Role>],
    ) -> Result<Vec<Role>, StoreError> {
        let _ = (realm, roles);
        Err(StoreError::Unsupported)
    }

    /// What those roles include directly, in order.
    async fn inclusions(
        &mut self,
        realm: Id<Realm>,
        roles: &[Id<Role>],
    ) -> Result<Vec<Inclusion>, StoreError> {
        let _ = (realm, roles);
        Err(StoreError::Unsupported)
    }

    /// Who holds a role directly, by kind and id, from after one of them.
    async fn holders(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        after: Option<Holder>,
        limit: u16,
    ) -> Result<Listed<Holder>, StoreError> {
        let _ = (realm, role, after, limit);
        Err(StoreError::Unsupported)
    }

    /// How many people with status `active` hold a role, directly, through a group, or by a
    /// role that includes it. Take the realm's lock first where the number decides.
    async fn count_active_holders(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
    ) -> Result<u64, StoreError>;

    /// The groups of a person, by group id.
    async fn groups_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Group>, StoreError>;

    /// One group.
    async fn find_group(
        &mut self,
        realm: Id<Realm>,
        id: Id<Group>,
    ) -> Result<Option<Group>, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// By name.
    async fn find_group_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &RoleName,
    ) -> Result<Option<Group>, StoreError> {
        let _ = (realm, name);
        Err(StoreError::Unsupported)
    }

    /// A page of groups, by row id; only those `among` where given.
    async fn list_groups(
        &mut self,
        realm: Id<Realm>,
        among: Option<&BTreeSet<Id<Group>>>,
        page: PageRequest<Group>,
    ) -> Result<Listed<Group>, StoreError> {
        let _ = (realm, among, page);
        Err(StoreError::Unsupported)
    }

    /// A page of the people in a group, by row id.
    async fn members(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        page: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError> {
        let _ = (realm, group, page);
        Err(StoreError::Unsupported)
    }

    /// The roles given to a group, by role id, without what they include.
    async fn roles_of_group(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
    ) -> Result<Vec<Role>, StoreError> {
        let _ = (realm, group);
        Err(StoreError::Unsupported)
    }
}

/// Writes roles and groups.
#[async_trait]
pub trait Roles: FindRoles {
    /// Adds a role; `Duplicate(RoleName)` when taken.
    async fn insert(&mut self, role: &Role) -> Result<(), StoreError>;

    /// Writes display name and permissions where the revision fits; `Stale` otherwise.
    async fn update(&mut self, role: &Role) -> Result<Role, StoreError>;

    /// Removes a role, its holdings, and its inclusions either way. False when there was none.
    async fn remove(&mut self, realm: Id<Realm>, id: Id<Role>) -> Result<bool, StoreError>;

    /// Lets a role include another. Take the realm's lock first: two inclusions at once could
    /// close a circle that neither of them sees.
    async fn include(
        &mut self,
        realm: Id<Realm>,
        inclusion: Inclusion,
    ) -> Result<Included, StoreError> {
        let _ = (realm, inclusion);
        Err(StoreError::Unsupported)
    }

    /// Ends an inclusion; false when there was none.
    async fn exclude(
        &mut self,
        realm: Id<Realm>,
        inclusion: Inclusion,
    ) -> Result<bool, StoreError> {
        let _ = (realm, inclusion);
        Err(StoreError::Unsupported)
    }

    /// Gives a role; false when it was held already.
    async fn assign(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        subject: Subject,
    ) -> Result<bool, StoreError>;

    /// Takes a role; false when it was not held.
    async fn unassign(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        subject: Subject,
    ) -> Result<bool, StoreError>;

    /// Adds a group; `Duplicate(GroupName)` when taken.
    async fn insert_group(&mut self, group: &Group) -> Result<(), StoreError>;

    /// Writes the display name where the revision fits, and counts it up; `Stale` otherwise.
    async fn update_group(&mut self, group: &Group) -> Result<Group, StoreError> {
        let _ = group;
        Err(StoreError::Unsupported)
    }

    /// Removes a group with its memberships and what it held. False when there was none.
    async fn remove_group(&mut self, realm: Id<Realm>, id: Id<Group>) -> Result<bool, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// Gives a role to everybody in a group; false when it had it already.
    async fn assign_to_group(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> Result<bool, StoreError>;

    /// Takes a role from a group; false when it had not got it.
    async fn unassign_from_group(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> Result<bool, StoreError> {
        let _ = (realm, role, group);
        Err(StoreError::Unsupported)
    }

    /// Puts a person into a group; false when they were in it already.
    async fn join(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> Result<bool, StoreError>;

    /// Takes a person out of a group; false when they were not in it.
    async fn leave(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> Result<bool, StoreError>;
}
