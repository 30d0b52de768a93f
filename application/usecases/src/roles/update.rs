//! Changing what a role is called and what it allows.

use std::collections::BTreeSet;

use gatelodge_domain::role::SecondFactorRule;
use gatelodge_domain::{AuditAction, DisplayName, Id, Permission, Revision, Role};
use serde_json::json;

use super::administer::no_role;
use super::create::{names, note_second_factor};
use super::{AdministerRoles, ComposedRole};
use crate::admin::{AdminError, Permit, Refusal, RolesWrite, Work};

/// The most permissions that one role may hold.
const MOST: usize = 1_000;

/// A role as it shall be.
#[derive(Debug, Clone)]
pub struct RoleUpdate {
    /// What people see.
    pub display_name: DisplayName,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// What it asks of who holds it.
    pub second_factor: SecondFactorRule,
}

impl AdministerRoles {
    /// Changes a role whose revision is still that one. In `system`, neither what it allows now
    /// nor what it shall allow is more than the caller may do.
    pub async fn update(
        &self,
        permit: &Permit<RolesWrite>,
        id: Id<Role>,
        revision: Revision,
        update: RoleUpdate,
    ) -> Result<ComposedRole, AdminError> {
        let role = self.get_to_change(permit, &id.to_string()).await?.role;
        Refusal::if_changed(role.revision, revision)?;
        let role = Role {
            display_name: update.display_name,
            permissions: update.permissions,
            second_factor: update.second_factor,
            ..role
        };
        self.write(permit, role, "updated").await
    }

    /// Adds a permission to a role; adding it again changes nothing.
    pub async fn add_permission(
        &self,
        permit: &Permit<RolesWrite>,
        role: &str,
        permission: Permission,
    ) -> Result<(), AdminError> {
        let mut role = self.get_to_change(permit, role).await?.role;
        if role.permissions.insert(permission) {
            self.write(permit, role, "permission_added").await?;
        }
        Ok(())
    }

    /// Takes a permission from a role.
    pub async fn remove_permission(
        &self,
        permit: &Permit<RolesWrite>,
        role: &str,
        permission: &Permission,
    ) -> Result<(), AdminError> {
        let mut role = self.get_to_change(permit, role).await?.role;
        if !role.permissions.remove(permission) {
            return Err(Refusal::not_found("the role does not hold that permission").into());
        }
        self.write(permit, role, "permission_removed").await?;
        Ok(())
    }

    async fn write(
        &self,
        permit: &Permit<RolesWrite>,
        role: Role,
        change: &'static str,
    ) -> Result<ComposedRole, AdminError> {
        if role.permissions.len() > MOST {
            let most = format!("a role holds at most {MOST} permissions");
            return Err(Refusal::field("permissions", most).into());
        }
        let foundation = &self.foundation;
        let permissions = names(&role.permissions);
        self.administrators.covers(permit, &permissions).await?;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::RoleChanged)
            .on("role", role.id)
            .with(json!({
                "change": change,
                "role": role.name.as_str(),
                "permissions": permissions,
            }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let roles = work.unit.roles();
        if roles.find(role.realm, role.id).await?.is_none() {
            return Err(no_role().into());
        }
        let updated = roles.update(&role).await?;
        note_second_factor(&mut work, &updated).await?;
        work.commit(&[event]).await?;
        self.compose(updated).await
    }
}
