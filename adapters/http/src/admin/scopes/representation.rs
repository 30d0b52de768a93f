//! A scope as the API shows and takes it.

use gatelodge_domain::api::Listing;
use gatelodge_domain::role::Protection;
use gatelodge_domain::{Permission, Scope, ScopeDefinition};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::scopes::{NewScope, ScopeUpdate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::fields::{each, field, line, row};
use crate::time;

/// A scope.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScopeAnswer {
    /// Row id; names the scope in this API, as its name does.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// The scope itself; never another one later.
    #[schema(example = "orders:read")]
    name: String,
    /// Whether it is part of Gatelodge; then it can be neither changed nor deleted.
    built_in: bool,
    /// When it was defined.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    #[serde(flatten)]
    body: ScopeBody,
}

/// What of a scope can be written.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScopePatch)]
pub(crate) struct ScopeBody {
    /// What the consent page says of it, at most 200 characters.
    #[serde(default)]
    #[schema(example = "See your orders")]
    description: Option<String>,
    /// Row id of the API that it belongs to.
    #[serde(default)]
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    api: Option<String>,
    /// Permissions that whoever the token is for must hold, all of them, for the scope to be
    /// granted.
    #[serde(default)]
    #[schema(example = json!(["orders:read"]))]
    requires: Vec<String>,
    /// Whether `scopes_supported` of the issuer's metadata names it.
    #[serde(default)]
    include_in_discovery: bool,
}

/// A scope to be defined.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewScopeBody {
    /// The scope itself: 1 to 128 visible ASCII characters without `"` and `\`; unique in the
    /// realm.
    #[schema(example = "orders:read")]
    name: String,
    /// What the consent page says of it, at most 200 characters.
    #[serde(default)]
    #[schema(example = "See your orders")]
    description: Option<String>,
    /// Row id of the API that it belongs to.
    #[serde(default)]
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    api: Option<String>,
    /// Permissions that whoever the token is for must hold, all of them, for the scope to be
    /// granted.
    #[serde(default)]
    #[schema(example = json!(["orders:read"]))]
    requires: Vec<String>,
    /// Whether `scopes_supported` of the issuer's metadata names it.
    #[serde(default)]
    include_in_discovery: bool,
}

impl ScopeAnswer {
    pub(super) fn of(scope: &ScopeDefinition) -> Self {
        Self {
            id: scope.id.to_string(),
            name: scope.name.as_str().to_owned(),
            built_in: scope.protection == Protection::BuiltIn,
            created_at: time::to_text(scope.created_at),
            body: ScopeBody::of(scope),
        }
    }
}

impl ScopeBody {
    pub(super) fn of(scope: &ScopeDefinition) -> Self {
        let description = scope.description.as_ref();
        let requires = scope.requires.iter();
        Self {
            description: description.map(|text| text.as_str().to_owned()),
            api: scope.api.map(|id| id.to_string()),
            requires: requires.map(|name| name.as_str().to_owned()).collect(),
            include_in_discovery: scope.listing.is_listed(),
        }
    }

    pub(super) fn update(&self) -> Result<ScopeUpdate, Refusal> {
        let requires = each("requires", &self.requires, Permission::parse)?;
        Ok(ScopeUpdate {
            description: line("description", self.description.as_deref())?,
            api: row("api", self.api.as_deref())?,
            requires: requires.into_iter().collect(),
            listing: Listing::of(self.include_in_discovery),
        })
    }
}

impl NewScopeBody {
    pub(super) fn new_scope(self) -> Result<NewScope, Refusal> {
        let body = ScopeBody {
            description: self.description,
            api: self.api,
            requires: self.requires,
            include_in_discovery: self.include_in_discovery,
        };
        Ok(NewScope {
            name: field("name", Scope::parse(&self.name))?,
            definition: body.update()?,
        })
    }
}
