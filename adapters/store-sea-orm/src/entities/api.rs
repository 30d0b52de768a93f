//! Table `apis`.

use gatelodge_domain::api::{ApiIdentifier, Listing};
use gatelodge_domain::role::Protection;
use gatelodge_domain::{Api, DisplayName, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `apis`.
    "apis" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        identifier: String,
        name: String,
        listed: bool,
        built_in: bool,
        revision: i64,
        created_at: i64,
    }
}

impl Model {
    /// The row of an API.
    pub(crate) fn of(api: &Api) -> Self {
        Self {
            realm: cell::bytes_of(api.realm),
            id: cell::bytes_of(api.id),
            identifier: api.identifier.as_str().to_owned(),
            name: api.name.as_str().to_owned(),
            listed: api.listing.is_listed(),
            built_in: api.protection == Protection::BuiltIn,
            revision: i64::from(api.revision.0),
            created_at: api.created_at.as_millis(),
        }
    }

    /// The API of this row.
    pub(crate) fn api(self) -> Result<Api, StoreError> {
        Ok(Api {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            identifier: cell::valid(ApiIdentifier::parse(&self.identifier), "identifier")?,
            name: cell::valid(DisplayName::parse(&self.name), "name")?,
            listing: Listing::of(self.listed),
            protection: cell::protection(self.built_in),
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
