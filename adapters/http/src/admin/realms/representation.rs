//! A realm as the API shows and takes it.

use std::collections::BTreeMap;

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::{DisplayName, Realm, RealmSlug};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::realms::{Issuers, NewRealm, RealmUpdate, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::fields::{field, settings, show_settings, word};
use crate::time;

/// A realm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RealmAnswer {
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Its immutable name in URLs.
    #[schema(example = "acme")]
    slug: String,
    /// The issuer that its tokens name.
    #[schema(example = "https://id.example.com/realms/acme")]
    issuer: String,
    /// Whether Gatelodge itself needs it; such a realm cannot be disabled or deleted.
    built_in: bool,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    #[serde(flatten)]
    body: RealmBody,
}

/// What of a realm can be written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RealmPatch)]
pub(crate) struct RealmBody {
    /// What people see.
    #[schema(example = "Acme")]
    name: String,
    /// `active`, `disabled`, or `deleting`, which cannot be set.
    #[serde(default = "active")]
    #[schema(example = "active")]
    status: String,
    /// Settings that differ from the defaults, by name.
    #[serde(default)]
    #[schema(example = json!({"access_token_lifetime": 600}))]
    settings: BTreeMap<String, u32>,
}

/// A realm to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRealmBody {
    /// Its immutable name in URLs: `[a-z0-9][a-z0-9-]{0,62}`.
    #[schema(example = "acme")]
    slug: String,
    /// What people see.
    #[schema(example = "Acme")]
    name: String,
    /// Settings that differ from the defaults, by name.
    #[serde(default)]
    #[schema(example = json!({"authorization_code_lifetime": 60}))]
    settings: BTreeMap<String, u32>,
}

fn active() -> String {
    "active".to_owned()
}

impl RealmAnswer {
    pub(super) fn of(realm: &Realm, issuers: &Issuers) -> Self {
        Self {
            id: realm.id.to_string(),
            slug: realm.slug.as_str().to_owned(),
            issuer: issuers.of(&realm.slug).to_string(),
            built_in: realm.slug.is_reserved(),
            created_at: time::to_text(realm.created_at),
            body: RealmBody::of(realm),
        }
    }
}

impl RealmBody {
    pub(super) fn of(realm: &Realm) -> Self {
        let status = match realm.status {
            RealmStatus::Active => "active",
            RealmStatus::Disabled { .. } => "disabled",
            RealmStatus::Deleting { .. } => "deleting",
        };
        Self {
            name: realm.name.as_str().to_owned(),
            status: status.to_owned(),
            settings: show_settings(&realm.settings),
        }
    }

    pub(super) fn update(&self) -> Result<RealmUpdate, Refusal> {
        Ok(RealmUpdate {
            name: field("name", DisplayName::parse(&self.name))?,
            settings: settings(&self.settings)?,
            service: word("status", &self.status, service, "active, disabled")?,
        })
    }
}

fn service(text: &str) -> Option<Service> {
    match text {
        "active" => Some(Service::Active),
        "disabled" => Some(Service::Disabled),
        _ => None,
    }
}

impl NewRealmBody {
    pub(super) fn new_realm(&self) -> Result<NewRealm, Refusal> {
        Ok(NewRealm {
            slug: field("slug", RealmSlug::parse(&self.slug))?,
            name: field("name", DisplayName::parse(&self.name))?,
            settings: settings(&self.settings)?,
        })
    }
}
