//! Making a group.

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{AuditAction, DisplayName, Group, Revision};
use serde_json::json;

use super::AdministerGroups;
use crate::admin::{AdminError, GroupsWrite, Permit, Work};

/// What a new group is.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Its name, as tokens carry it.
    pub name: RoleName,
    /// What people see.
    pub display_name: DisplayName,
}

impl AdministerGroups {
    /// Makes a group with nobody in it.
    pub async fn create(
        &self,
        permit: &Permit<GroupsWrite>,
        new: NewGroup,
    ) -> Result<Group, AdminError> {
        let foundation = &self.foundation;
        permit.reach_realm(foundation).await?;
        let now = foundation.clock.now();
        let group = Group {
            id: foundation.rng.id(now),
            realm: permit.realm_id(),
            name: new.name,
            display_name: new.display_name,
            revision: Revision::FIRST,
            created_at: now,
        };
        let entry = permit
            .done(AuditAction::GroupChanged)
            .on("group", group.id)
            .with(json!({ "change": "created", "group": group.name.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.roles().insert_group(&group).await?;
        work.commit(&[event]).await?;
        Ok(group)
    }
}
