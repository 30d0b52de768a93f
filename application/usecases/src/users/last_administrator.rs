//! Somebody must be left who can administer.
//!
//! Two administrators that remove each other at once each see the other one still there, so
//! the realm's row is locked before anybody is counted. Whatever could take the role of
//! administrators from somebody watches: leaving a group or removing it, taking a role from a
//! group, removing a role, ending an inclusion, and of course the person's own verbs. What the
//! role itself allows is built in and cannot be changed.

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Id, Realm, RealmSlug, Role};
use gatelodge_ports::store::Lock;

use crate::admin::{AdminError, Permit, Refusal, Right, Work};
use crate::setup::ADMINISTRATOR_ROLE;
use crate::{ErrorCode, Failure};

/// Watches the number of active administrators over one unit of work.
pub(crate) struct LastAdministrator(Option<(Id<Realm>, Id<Role>)>);

impl LastAdministrator {
    /// Begins; to be called first in the unit, because it locks the realm. Outside of `system`
    /// there is nothing to watch.
    pub(crate) async fn watch<P: Right>(
        work: &mut Work<'_>,
        permit: &Permit<P>,
    ) -> Result<Self, AdminError> {
        if permit.realm().realm.slug != RealmSlug::system() {
            return Ok(Self(None));
        }
        let realm = permit.realm_id();
        work.unit.locks().lock(Lock::Realm(realm)).await?;
        let name =
            RoleName::parse(ADMINISTRATOR_ROLE).map_err(|error| Failure::Broken(error.into()))?;
        let Some(role) = work.unit.roles().find_by_name(realm, &name).await? else {
            return Ok(Self(None));
        };
        let before = work
            .unit
            .roles()
            .count_active_holders(realm, role.id)
            .await?;
        Ok(Self((before > 0).then_some((realm, role.id))))
    }

    /// Refuses where nobody is left; the unit must then not be committed.
    pub(crate) async fn check(self, work: &mut Work<'_>) -> Result<(), AdminError> {
        let Some((realm, role)) = self.0 else {
            return Ok(());
        };
        let left = work.unit.roles().count_active_holders(realm, role).await?;
        if left > 0 {
            return Ok(());
        }
        Err(Refusal::new(
            ErrorCode::Protected,
            "this is the last active administrator; give somebody else the role first",
        )
        .into())
    }
}
