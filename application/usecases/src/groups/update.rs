//! Changing what people see of a group.

use gatelodge_domain::{AuditAction, DisplayName, Group, Id, Revision};
use serde_json::json;

use super::AdministerGroups;
use crate::admin::{AdminError, GroupsWrite, Permit, Refusal, Work};

impl AdministerGroups {
    /// Renames a group, for people, whose revision is still that one.
    pub async fn update(
        &self,
        permit: &Permit<GroupsWrite>,
        id: Id<Group>,
        revision: Revision,
        display_name: DisplayName,
    ) -> Result<Group, AdminError> {
        let foundation = &self.foundation;
        let group = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(group.revision, revision)?;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::GroupChanged)
            .on("group", group.id)
            .with(json!({ "change": "updated", "group": group.name.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let group = Group {
            display_name,
            ..group
        };
        let mut work = Work::open(foundation, now).await?;
        let group = work.unit.roles().update_group(&group).await?;
        work.commit(&[event]).await?;
        Ok(group)
    }
}
