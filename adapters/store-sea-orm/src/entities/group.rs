//! Table `groups`.

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{DisplayName, Group, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `groups`.
    "groups" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        name: String,
        display_name: String,
        revision: i64,
        created_at: i64,
    }
}

impl Model {
    /// The row of a group.
    pub(crate) fn of(group: &Group) -> Self {
        Self {
            realm: cell::bytes_of(group.realm),
            id: cell::bytes_of(group.id),
            name: group.name.as_str().to_owned(),
            display_name: group.display_name.as_str().to_owned(),
            revision: i64::from(group.revision.0),
            created_at: group.created_at.as_millis(),
        }
    }

    /// The group of this row.
    pub(crate) fn group(self) -> Result<Group, StoreError> {
        Ok(Group {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            name: cell::valid(RoleName::parse(&self.name), "group name")?,
            display_name: cell::valid(DisplayName::parse(&self.display_name), "name")?,
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
