//! Table `realms`.

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::{DisplayName, Realm, RealmSlug, Timestamp};
use gatelodge_ports::StoreError;

use super::{cell, user_schema};

table! {
    /// A row of `realms`.
    "realms" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        slug: String,
        name: String,
        status: String,
        status_since: Option<i64>,
        settings: String,
        revision: i64,
        created_at: i64,
        user_schema: Option<String>,
    }
}

impl Model {
    /// The row of a realm.
    pub(crate) fn of(realm: &Realm) -> Result<Self, StoreError> {
        let (status, since) = match realm.status {
            RealmStatus::Active => ("active", None),
            RealmStatus::Disabled { since } => ("disabled", Some(since)),
            RealmStatus::Deleting { since } => ("deleting", Some(since)),
        };
        Ok(Self {
            id: cell::bytes_of(realm.id),
            slug: realm.slug.as_str().to_owned(),
            name: realm.name.as_str().to_owned(),
            status: status.to_owned(),
            status_since: since.map(Timestamp::as_millis),
            settings: cell::settings_json(&realm.settings)?,
            revision: i64::from(realm.revision.0),
            created_at: realm.created_at.as_millis(),
            user_schema: user_schema::to_column(&realm.user_schema)?,
        })
    }

    /// The realm of this row.
    pub(crate) fn realm(self) -> Result<Realm, StoreError> {
        let status = match self.status.as_str() {
            "active" => RealmStatus::Active,
            "disabled" => RealmStatus::Disabled {
                since: cell::moment(self.status_since)?,
            },
            "deleting" => RealmStatus::Deleting {
                since: cell::moment(self.status_since)?,
            },
            _ => return cell::known(None, "realm status"),
        };
        Ok(Realm {
            id: cell::id(&self.id)?,
            slug: cell::valid(RealmSlug::parse(&self.slug), "slug")?,
            name: cell::valid(DisplayName::parse(&self.name), "name")?,
            status,
            settings: cell::settings(&self.settings)?,
            user_schema: user_schema::of_column(self.user_schema.as_deref())?,
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
