//! Table `permissions`.

use gatelodge_domain::role::Protection;
use gatelodge_domain::{DisplayName, Permission, PermissionDefinition, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `permissions`.
    "permissions" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        name: String,
        description: Option<String>,
        api: Option<Vec<u8>>,
        built_in: bool,
        revision: i64,
        created_at: i64,
    }
}

impl Model {
    /// The row of a permission.
    pub(crate) fn of(permission: &PermissionDefinition) -> Self {
        let description = permission.description.as_ref();
        Self {
            realm: cell::bytes_of(permission.realm),
            id: cell::bytes_of(permission.id),
            name: permission.name.as_str().to_owned(),
            description: description.map(|text| text.as_str().to_owned()),
            api: permission.api.map(cell::bytes_of),
            built_in: permission.protection == Protection::BuiltIn,
            revision: i64::from(permission.revision.0),
            created_at: permission.created_at.as_millis(),
        }
    }

    /// The permission of this row.
    pub(crate) fn permission(self) -> Result<PermissionDefinition, StoreError> {
        let description = self.description.as_deref().map(DisplayName::parse);
        Ok(PermissionDefinition {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            name: cell::valid(Permission::parse(&self.name), "permission")?,
            description: cell::valid(description.transpose(), "description")?,
            api: cell::id_or_none(self.api.as_deref())?,
            protection: cell::protection(self.built_in),
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
