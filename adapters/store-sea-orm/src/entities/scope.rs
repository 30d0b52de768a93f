//! Table `scopes`.

use gatelodge_domain::api::Listing;
use gatelodge_domain::role::Protection;
use gatelodge_domain::{DisplayName, Permission, Scope, ScopeDefinition, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `scopes`.
    "scopes" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        name: String,
        description: Option<String>,
        api: Option<Vec<u8>>,
        requires: String,
        listed: bool,
        built_in: bool,
        revision: i64,
        created_at: i64,
    }
}

impl Model {
    /// The row of a scope.
    pub(crate) fn of(scope: &ScopeDefinition) -> Result<Self, StoreError> {
        let requires: Vec<&str> = scope.requires.iter().map(Permission::as_str).collect();
        let description = scope.description.as_ref();
        Ok(Self {
            realm: cell::bytes_of(scope.realm),
            id: cell::bytes_of(scope.id),
            name: scope.name.as_str().to_owned(),
            description: description.map(|text| text.as_str().to_owned()),
            api: scope.api.map(cell::bytes_of),
            requires: cell::to_json(&requires)?,
            listed: scope.listing.is_listed(),
            built_in: scope.protection == Protection::BuiltIn,
            revision: i64::from(scope.revision.0),
            created_at: scope.created_at.as_millis(),
        })
    }

    /// The scope of this row.
    pub(crate) fn scope(self) -> Result<ScopeDefinition, StoreError> {
        let description = self.description.as_deref().map(DisplayName::parse);
        Ok(ScopeDefinition {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            name: cell::valid(Scope::parse(&self.name), "scope")?,
            description: cell::valid(description.transpose(), "description")?,
            api: cell::id_or_none(self.api.as_deref())?,
            requires: cell::permissions(&self.requires)?,
            listing: Listing::of(self.listed),
            protection: cell::protection(self.built_in),
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
