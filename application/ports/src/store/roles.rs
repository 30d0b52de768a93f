//! Roles and groups, and who holds them.

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};

use super::{Listed, PageRequest};
use crate::StoreError;

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

    /// What a subject holds, directly and through its groups, by role id, each once.
    async fn held_by(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<Vec<Role>, StoreError>;

    /// The groups of a person, by group id.
    async fn groups_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Group>, StoreError>;

    /// How many people with status `active` hold a role, directly or through a group. Take the
    /// realm's lock first where the number decides.
    async fn count_active_holders(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
    ) -> Result<u64, StoreError>;
}

/// Writes roles and groups.
#[async_trait]
pub trait Roles: FindRoles {
    /// Adds a role; `Duplicate(RoleName)` when taken.
    async fn insert(&mut self, role: &Role) -> Result<(), StoreError>;

    /// Writes display name and permissions where the revision fits; `Stale` otherwise.
    async fn update(&mut self, role: &Role) -> Result<Role, StoreError>;

    /// Removes a role and its holdings. False when there was none.
    async fn remove(&mut self, realm: Id<Realm>, id: Id<Role>) -> Result<bool, StoreError>;

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

    /// Gives a role to everybody in a group; false when it had it already.
    async fn assign_to_group(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> Result<bool, StoreError>;

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
