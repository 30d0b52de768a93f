//! Making a role.

use std::collections::BTreeSet;

use gatelodge_domain::role::{Protection, RoleName, SecondFactorRule};
use gatelodge_domain::{AuditAction, DisplayName, Permission, Revision, Role};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Change;
use serde_json::json;

use super::{AdministerRoles, ComposedRole};
use crate::admin::{AdminError, Permit, RolesWrite, Work};

/// What a new role is.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// Its name, as tokens carry it.
    pub name: RoleName,
    /// What people see.
    pub display_name: DisplayName,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// What it asks of who holds it.
    pub second_factor: SecondFactorRule,
}

impl AdministerRoles {
    /// Makes a role. In `system`, it allows nothing that its maker may not do.
    pub async fn create(
        &self,
        permit: &Permit<RolesWrite>,
        new: NewRole,
    ) -> Result<ComposedRole, AdminError> {
        let foundation = &self.foundation;
        permit.reach_realm(foundation).await?;
        self.administrators
            .covers(permit, &names(&new.permissions))
            .await?;
        let now = foundation.clock.now();
        let role = Role {
            id: foundation.rng.id(now),
            realm: permit.realm_id(),
            name: new.name,
            display_name: new.display_name,
            permissions: new.permissions,
            protection: Protection::None,
            second_factor: new.second_factor,
            revision: Revision::FIRST,
            created_at: now,
        };
        let entry = permit
            .done(AuditAction::RoleChanged)
            .on("role", role.id)
            .with(json!({
                "change": "created",
                "role": role.name.as_str(),
                "permissions": names(&role.permissions),
            }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.roles().insert(&role).await?;
        note_second_factor(&mut work, &role).await?;
        work.commit(&[event]).await?;
        Ok(ComposedRole {
            role,
            includes: Vec::new(),
        })
    }
}

/// That one of its roles asks for a second factor is kept with what is known of the realm.
pub(super) async fn note_second_factor(work: &mut Work<'_>, role: &Role) -> Result<(), StoreError> {
    match role.second_factor {
        SecondFactorRule::Required => work.note(Change::Realm(role.realm)).await,
        SecondFactorRule::AsUsual => Ok(()),
    }
}

/// Their names, for comparing and for the trail.
pub(super) fn names(permissions: &BTreeSet<Permission>) -> BTreeSet<String> {
    let names = permissions.iter();
    names
        .map(|permission| permission.as_str().to_owned())
        .collect()
}
