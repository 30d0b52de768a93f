//! Composite roles: whoever holds one holds what it includes. No role includes itself, however
//! far around; two writers at once could each see the other's half of a circle missing, so the
//! realm's row is locked before anybody looks.

use gatelodge_domain::{AuditAction, Role};
use gatelodge_ports::store::{Included, Inclusion, Lock};
use serde_json::json;

use super::AdministerRoles;
use super::administer::no_role;
use crate::admin::{AdminError, Permit, Refusal, RolesWrite, Work};
use crate::audit::Entry;
use crate::users::LastAdministrator;

impl AdministerRoles {
    /// Lets a role include another; saying so again changes nothing. In `system`, neither allows
    /// more than the caller may do.
    pub async fn include(
        &self,
        permit: &Permit<RolesWrite>,
        role: &str,
        included: &str,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let role = self.get_to_change(permit, role).await?.role;
        let included = self.find(permit, included).await?;
        self.administrators.may_give(permit, &[included.id]).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = composition(permit, &role, &included, "role_included");
        let event = permit.event(foundation, entry, now).await?;
        let inclusion = Inclusion {
            role: role.id,
            included: included.id,
        };
        let mut work = Work::open(foundation, now).await?;
        work.unit.locks().lock(Lock::Realm(realm)).await?;
        let roles = work.unit.roles();
        // Either may have gone before the lock was ours.
        let Some(role) = roles.find(realm, role.id).await? else {
            return Err(no_role().into());
        };
        if roles.find(realm, included.id).await?.is_none() {
            return Err(no_role().into());
        }
        match roles.include(realm, inclusion).await? {
            Included::New => {}
            Included::Already => return Ok(()),
            Included::Circle => {
                let message = "that role is this one, or includes it, itself or through others";
                return Err(Refusal::field("included", message).into());
            }
        }
        // What the role is has changed, and so does its revision.
        roles.update(&role).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// Ends an inclusion. In `system`, whoever has the role keeps what else they hold, and
    /// somebody is left who can administer.
    pub async fn exclude(
        &self,
        permit: &Permit<RolesWrite>,
        role: &str,
        included: &str,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let role = self.get_to_change(permit, role).await?.role;
        let included = self.find(permit, included).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = composition(permit, &role, &included, "role_excluded");
        let event = permit.event(foundation, entry, now).await?;
        let inclusion = Inclusion {
            role: role.id,
            included: included.id,
        };
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        work.unit.locks().lock(Lock::Realm(realm)).await?;
        let roles = work.unit.roles();
        let Some(role) = roles.find(realm, role.id).await? else {
            return Err(no_role().into());
        };
        if !roles.exclude(realm, inclusion).await? {
            return Err(Refusal::not_found("the role does not include that one itself").into());
        }
        roles.update(&role).await?;
        guard.check(&mut work).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}

fn composition(
    permit: &Permit<RolesWrite>,
    role: &Role,
    included: &Role,
    change: &'static str,
) -> Entry {
    permit
        .done(AuditAction::RoleChanged)
        .on("role", role.id)
        .with(json!({
            "change": change,
            "role": role.name.as_str(),
            "included": included.name.as_str(),
        }))
}
