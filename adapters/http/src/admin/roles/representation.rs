//! A role as the API shows and takes it.

use gatelodge_domain::role::{Protection, RoleName, SecondFactorRule};
use gatelodge_domain::{DisplayName, Permission, Role};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::roles::{ComposedRole, HeldRole, NewRole, RoleUpdate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::fields::{each, field};
use crate::time;

/// A role as somebody holds it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleAnswer {
    /// Row id; names the role in this API, as its name does.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Its name, as tokens carry it.
    #[schema(example = "administrator")]
    name: String,
    /// What people see.
    #[schema(example = "Administrator")]
    display_name: String,
    /// What it allows by itself.
    #[schema(example = json!(["users:read", "users:write"]))]
    permissions: Vec<String>,
    /// Whether Gatelodge itself needs it.
    built_in: bool,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
}

/// A role that somebody holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeldRoleAnswer {
    /// Whether it was given to them; otherwise it comes through a group or another role alone.
    direct: bool,
    #[serde(flatten)]
    role: RoleAnswer,
}

/// A role with what it includes.
#[derive(Serialize, ToSchema)]
pub(crate) struct ComposedRoleAnswer {
    /// Row id; names the role in this API, as its name does.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Its name, as tokens carry it; never another one later.
    #[schema(example = "support")]
    name: String,
    /// Names of the roles that it includes directly: whoever holds it holds those.
    #[schema(example = json!(["reader"]))]
    includes: Vec<String>,
    /// Whether Gatelodge itself needs it; then it can be neither changed nor deleted.
    built_in: bool,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    #[serde(flatten)]
    body: RoleBody,
}

/// What of a role can be written.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RolePatch)]
pub(crate) struct RoleBody {
    /// What people see.
    #[schema(example = "Support")]
    display_name: String,
    /// What it allows by itself. In `system`, `users:read` holds in every realm,
    /// `acme/users:read` in the realm `acme`, and `acme/sales/users:read` for the people of its
    /// group `sales`.
    #[serde(default)]
    #[schema(example = json!(["users:read", "users:write"]))]
    permissions: Vec<String>,
    /// Whether who holds it proves a second factor, from their next sign-in on.
    #[serde(default)]
    requires_second_factor: bool,
}

/// A role to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRoleBody {
    /// Its name, as tokens carry it: 1 to 128 characters of `a-z`, `0-9`, `.`, `_`, `:`, `/` and
    /// `-`; unique in the realm.
    #[schema(example = "support")]
    name: String,
    /// What people see; its name where left out.
    #[serde(default)]
    #[schema(example = "Support")]
    display_name: Option<String>,
    /// What it allows by itself.
    #[serde(default)]
    #[schema(example = json!(["users:read", "users:write"]))]
    permissions: Vec<String>,
    /// Whether who holds it proves a second factor, from their next sign-in on.
    #[serde(default)]
    requires_second_factor: bool,
}

impl RoleAnswer {
    /// The role as shown.
    pub(crate) fn of(role: &Role) -> Self {
        Self {
            id: role.id.to_string(),
            name: role.name.as_str().to_owned(),
            display_name: role.display_name.as_str().to_owned(),
            permissions: names(role),
            built_in: role.protection == Protection::BuiltIn,
            created_at: time::to_text(role.created_at),
        }
    }
}

impl HeldRoleAnswer {
    /// The role as shown.
    pub(crate) fn of(held: &HeldRole) -> Self {
        Self {
            direct: held.directly,
            role: RoleAnswer::of(&held.role),
        }
    }
}

impl ComposedRoleAnswer {
    pub(super) fn of(composed: &ComposedRole) -> Self {
        let ComposedRole { role, includes } = composed;
        let includes = includes.iter();
        Self {
            id: role.id.to_string(),
            name: role.name.as_str().to_owned(),
            includes: includes.map(|name| name.as_str().to_owned()).collect(),
            built_in: role.protection == Protection::BuiltIn,
            created_at: time::to_text(role.created_at),
            body: RoleBody::of(role),
        }
    }
}

impl RoleBody {
    pub(super) fn of(role: &Role) -> Self {
        Self {
            display_name: role.display_name.as_str().to_owned(),
            permissions: names(role),
            requires_second_factor: role.second_factor == SecondFactorRule::Required,
        }
    }

    pub(super) fn update(&self) -> Result<RoleUpdate, Refusal> {
        let permissions = each("permissions", &self.permissions, Permission::parse)?;
        Ok(RoleUpdate {
            display_name: field("display_name", DisplayName::parse(&self.display_name))?,
            permissions: permissions.into_iter().collect(),
            second_factor: rule(self.requires_second_factor),
        })
    }
}

impl NewRoleBody {
    pub(super) fn new_role(&self) -> Result<NewRole, Refusal> {
        let name = field("name", RoleName::parse(&self.name))?;
        let shown = self.display_name.as_deref().unwrap_or(&self.name);
        let permissions = each("permissions", &self.permissions, Permission::parse)?;
        Ok(NewRole {
            name,
            display_name: field("display_name", DisplayName::parse(shown))?,
            permissions: permissions.into_iter().collect(),
            second_factor: rule(self.requires_second_factor),
        })
    }
}

fn rule(requires_second_factor: bool) -> SecondFactorRule {
    if requires_second_factor {
        SecondFactorRule::Required
    } else {
        SecondFactorRule::AsUsual
    }
}

fn names(role: &Role) -> Vec<String> {
    let permissions = role.permissions.iter();
    permissions.map(|right| right.as_str().to_owned()).collect()
}
