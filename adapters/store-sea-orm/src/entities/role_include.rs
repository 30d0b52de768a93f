//! Table `role_includes`.

use gatelodge_ports::StoreError;
use gatelodge_ports::store::Inclusion;

use super::cell;

table! {
    /// A row of `role_includes`: a role that includes another.
    "role_includes" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        role: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        included: Vec<u8>,
    }
}

impl Model {
    /// The inclusion of this row.
    pub(crate) fn inclusion(&self) -> Result<Inclusion, StoreError> {
        Ok(Inclusion {
            role: cell::id(&self.role)?,
            included: cell::id(&self.included)?,
        })
    }
}
