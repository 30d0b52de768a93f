//! Table `roles`.

use gatelodge_domain::role::{Protection, RoleName, SecondFactorRule};
use gatelodge_domain::{DisplayName, Permission, Role, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `roles`.
    "roles" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        name: String,
        display_name: String,
        permissions: String,
        built_in: bool,
        revision: i64,
        created_at: i64,
        requires_second_factor: bool,
    }
}

impl Model {
    /// The row of a role.
    pub(crate) fn of(role: &Role) -> Result<Self, StoreError> {
        let permissions: Vec<&str> = role.permissions.iter().map(Permission::as_str).collect();
        Ok(Self {
            realm: cell::bytes_of(role.realm),
            id: cell::bytes_of(role.id),
            name: role.name.as_str().to_owned(),
            display_name: role.display_name.as_str().to_owned(),
            permissions: cell::to_json(&permissions)?,
            built_in: role.protection == Protection::BuiltIn,
            revision: i64::from(role.revision.0),
            created_at: role.created_at.as_millis(),
            requires_second_factor: role.second_factor == SecondFactorRule::Required,
        })
    }

    /// The role of this row.
    pub(crate) fn role(self) -> Result<Role, StoreError> {
        Ok(Role {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            name: cell::valid(RoleName::parse(&self.name), "role name")?,
            display_name: cell::valid(DisplayName::parse(&self.display_name), "name")?,
            permissions: cell::permissions(&self.permissions)?,
            protection: cell::protection(self.built_in),
            second_factor: if self.requires_second_factor {
                SecondFactorRule::Required
            } else {
                SecondFactorRule::AsUsual
            },
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
