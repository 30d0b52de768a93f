//! Removing a group. Its people stay; what it gave them goes.

use gatelodge_domain::{AuditAction, Group, Id, Revision};
use serde_json::json;

use super::AdministerGroups;
use super::administer::no_group;
use crate::admin::{AdminError, GroupsWrite, Permit, Refusal, Work};
use crate::users::LastAdministrator;

impl AdministerGroups {
    /// Removes a group, where its revision is still that one if one is named. The last active
    /// administrator keeps what makes them one.
    pub async fn delete(
        &self,
        permit: &Permit<GroupsWrite>,
        id: Id<Group>,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let group = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(group.revision, revision)?;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::GroupChanged)
            .on("group", group.id)
            .with(json!({ "change": "deleted", "group": group.name.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        if !work.unit.roles().remove_group(group.realm, id).await? {
            return Err(no_group().into());
        }
        guard.check(&mut work).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}
