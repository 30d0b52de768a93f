//! A permission as the API shows and takes it.

use gatelodge_domain::role::Protection;
use gatelodge_domain::{Permission, PermissionDefinition};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::permissions::{NewPermission, PermissionUpdate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::fields::{field, line, row};
use crate::time;

/// A permission.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermissionAnswer {
    /// Row id; names the permission in this API, as its name does.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Its name, as roles and tokens bear it; never another one later.
    #[schema(example = "orders:read")]
    name: String,
    /// Whether it is part of Gatelodge; then it can be neither changed nor deleted.
    built_in: bool,
    /// When it was described.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    #[serde(flatten)]
    body: PermissionBody,
}

/// What of a permission can be written.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PermissionPatch)]
pub(crate) struct PermissionBody {
    /// What it allows, for people, at most 200 characters.
    #[serde(default)]
    #[schema(example = "See orders")]
    description: Option<String>,
    /// Row id of the API that it belongs to.
    #[serde(default)]
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    api: Option<String>,
}

/// A permission to be described.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPermissionBody {
    /// Its name: 1 to 128 characters of `a-z`, `0-9`, `.`, `_`, `:`, `/` and `-`; unique in the
    /// realm.
    #[schema(example = "orders:read")]
    name: String,
    /// What it allows, for people, at most 200 characters.
    #[serde(default)]
    #[schema(example = "See orders")]
    description: Option<String>,
    /// Row id of the API that it belongs to.
    #[serde(default)]
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    api: Option<String>,
}

impl PermissionAnswer {
    pub(super) fn of(permission: &PermissionDefinition) -> Self {
        Self {
            id: permission.id.to_string(),
            name: permission.name.as_str().to_owned(),
            built_in: permission.protection == Protection::BuiltIn,
            created_at: time::to_text(permission.created_at),
            body: PermissionBody::of(permission),
        }
    }
}

impl PermissionBody {
    pub(super) fn of(permission: &PermissionDefinition) -> Self {
        let description = permission.description.as_ref();
        Self {
            description: description.map(|text| text.as_str().to_owned()),
            api: permission.api.map(|id| id.to_string()),
        }
    }

    pub(super) fn update(&self) -> Result<PermissionUpdate, Refusal> {
        Ok(PermissionUpdate {
            description: line("description", self.description.as_deref())?,
            api: row("api", self.api.as_deref())?,
        })
    }
}

impl NewPermissionBody {
    pub(super) fn new_permission(self) -> Result<NewPermission, Refusal> {
        let body = PermissionBody {
            description: self.description,
            api: self.api,
        };
        Ok(NewPermission {
            name: field("name", Permission::parse(&self.name))?,
            definition: body.update()?,
        })
    }
}
