//! Who holds which role.

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{AuditAction, Id, Role, Subject, User};
use gatelodge_ports::store::{Change, Listed, PageRequest};
use serde_json::json;

use super::AdministerUsers;
use super::last_administrator::LastAdministrator;
use crate::admin::{AdminError, Permit, Refusal, Right, RolesRead, RolesWrite, Work};

impl AdministerUsers {
    /// A page of the realm's roles.
    pub async fn list_roles(
        &self,
        permit: &Permit<RolesRead>,
        page: PageRequest<Role>,
    ) -> Result<Listed<Role>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        Ok(view.roles().list(permit.realm_id(), page).await?)
    }

    /// What a person holds, directly and through groups.
    pub async fn roles_of(
        &self,
        permit: &Permit<RolesRead>,
        user: Id<User>,
    ) -> Result<Vec<Role>, AdminError> {
        self.find(permit, user).await?;
        let mut view = self.foundation.store.read().await?;
        let held = view
            .roles()
            .held_by(permit.realm_id(), Subject::User(user))
            .await?;
        Ok(held)
    }

    /// Gives a role; giving it again changes nothing. In `system`, nobody can give what they do
    /// not have.
    pub async fn assign_role(
        &self,
        permit: &Permit<RolesWrite>,
        user: Id<User>,
        name: &RoleName,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        self.find(permit, user).await?;
        let role = self.role(permit, name).await?;
        let gives = role
            .permissions
            .iter()
            .map(|permission| permission.as_str().to_owned());
        self.administrators.covers(permit, &gives.collect()).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = permit
            .done(AuditAction::RoleAssigned)
            .on("user", user)
            .with(json!({ "role": role.name.as_str(), "held": true }));
        let event = foundation
            .recorder
            .event(entry, permit.request(), now)
            .await?;
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
        name: &RoleName,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        self.find(permit, user).await?;
        let role = self.role(permit, name).await?;
        let subject = Subject::User(user);
        self.administrators.outranks(permit, subject).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = permit
            .done(AuditAction::RoleAssigned)
            .on("user", user)
            .with(json!({ "role": role.name.as_str(), "held": false }));
        let event = foundation
            .recorder
            .event(entry, permit.request(), now)
            .await?;
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

    async fn role<P: Right>(
        &self,
        permit: &Permit<P>,
        name: &RoleName,
    ) -> Result<Role, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = view.roles().find_by_name(permit.realm_id(), name).await?;
        found.ok_or_else(|| Refusal::not_found("there is no such role").into())
    }
}
