//! Who holds which role.

use gatelodge_domain::{AuditAction, Id, RealmSlug, Role, Subject, User};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerUsers;
use super::last_administrator::LastAdministrator;
use crate::admin::{AdminError, Permit, Refusal, Right, RolesRead, RolesWrite, Work};
use crate::audit::Entry;
use crate::roles::{HeldRole, find_role, held_roles, no_role};

impl AdministerUsers {
    /// What a person holds, directly, through groups, and by inclusion.
    pub async fn roles_of(
        &self,
        permit: &Permit<RolesRead>,
        user: Id<User>,
    ) -> Result<Vec<HeldRole>, AdminError> {
        permit.reach_user(&self.foundation, user).await?;
        self.find(permit, user).await?;
        let mut view = self.foundation.store.read().await?;
        let subject = Subject::User(user);
        Ok(held_roles(view.roles(), permit.realm_id(), subject).await?)
    }

    /// Gives a role, named by its row id or name; giving it again changes nothing. In `system`,
    /// nobody can give what they do not have.
    pub async fn assign_role(
        &self,
        permit: &Permit<RolesWrite>,
        user: Id<User>,
        role: &str,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let role = self.role_to_move(permit, user, role).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = assignment(permit, user, &role, true);
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let subject = Subject::User(user);
        if !work.unit.roles().assign(realm, role.id, subject).await? {
            return Ok(());
        }
        work.note(Change::User(realm, user)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// Takes a role. The last active administrator keeps theirs.
    pub async fn unassign_role(
        &self,
        permit: &Permit<RolesWrite>,
        user: Id<User>,
        role: &str,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let role = self.role_to_move(permit, user, role).await?;
        let subject = Subject::User(user);
        self.administrators.outranks(permit, subject).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = assignment(permit, user, &role, false);
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        if !work.unit.roles().unassign(realm, role.id, subject).await? {
            return Err(Refusal::not_found("the user does not hold that role directly").into());
        }
        guard.check(&mut work).await?;
        work.note(Change::User(realm, user)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// The role that is to be given to or taken from a person, if the caller may.
    async fn role_to_move(
        &self,
        permit: &Permit<RolesWrite>,
        user: Id<User>,
        role: &str,
    ) -> Result<Role, AdminError> {
        permit.reach_user(&self.foundation, user).await?;
        if permit.realm().realm.slug != RealmSlug::system() {
            // Whose reach ends at a group is of `system` and can hold no role of another realm.
            permit.reach_realm(&self.foundation).await?;
        }
        self.find(permit, user).await?;
        if permit.groups().is_some() {
            let subject = Subject::User(user);
            self.administrators.outranks(permit, subject).await?;
        }
        let role = self.role(permit, role).await?;
        self.administrators.may_give(permit, &[role.id]).await?;
        Ok(role)
    }

    async fn role<P: Right>(&self, permit: &Permit<P>, text: &str) -> Result<Role, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = find_role(view.roles(), permit.realm_id(), text).await?;
        found.ok_or_else(|| no_role().into())
    }
}

/// What the trail says of a role that a person was given or lost.
pub(super) fn assignment(
    permit: &Permit<RolesWrite>,
    user: Id<User>,
    role: &Role,
    held: bool,
) -> Entry {
    permit
        .done(AuditAction::RoleAssigned)
        .on("user", user)
        .with(json!({ "role": role.name.as_str(), "held": held }))
}
