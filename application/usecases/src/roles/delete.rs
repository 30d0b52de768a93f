//! Removing a role from everybody and for good.

use gatelodge_domain::{AuditAction, Id, Revision, Role};
use serde_json::json;

use super::AdministerRoles;
use super::administer::no_role;
use crate::admin::{AdminError, Permit, Refusal, RolesWrite, Work};
use crate::users::LastAdministrator;

impl AdministerRoles {
    /// Removes a role, where its revision is still that one if one is named: from people, groups
    /// and clients, and from the roles that include it.
    pub async fn delete(
        &self,
        permit: &Permit<RolesWrite>,
        id: Id<Role>,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let role = self.get_to_change(permit, &id.to_string()).await?.role;
        Refusal::if_changed(role.revision, revision)?;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::RoleChanged)
            .on("role", role.id)
            .with(json!({ "change": "deleted", "role": role.name.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        if !work.unit.roles().remove(role.realm, role.id).await? {
            return Err(no_role().into());
        }
        guard.check(&mut work).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}
