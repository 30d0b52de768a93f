//! A group as the API shows and takes it.

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{DisplayName, Group};
use gatelodge_usecases::admin::Refusal;
use gatelodge_usecases::groups::NewGroup;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::fields::field;
use crate::time;

/// A group.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupAnswer {
    /// Row id; names the group in this API, as its name does.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Its name, as tokens carry it; never another one later.
    #[schema(example = "sales")]
    name: String,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    #[serde(flatten)]
    body: GroupBody,
}

/// What of a group can be written.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupPatch)]
pub(crate) struct GroupBody {
    /// What people see.
    #[schema(example = "Sales")]
    display_name: String,
}

/// A group to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroupBody {
    /// Its name, as tokens carry it: 1 to 128 characters of `a-z`, `0-9`, `.`, `_`, `:`, `/` and
    /// `-`; unique in the realm.
    #[schema(example = "sales")]
    name: String,
    /// What people see; its name where left out.
    #[serde(default)]
    #[schema(example = "Sales")]
    display_name: Option<String>,
}

impl GroupAnswer {
    pub(super) fn of(group: &Group) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.as_str().to_owned(),
            created_at: time::to_text(group.created_at),
            body: GroupBody::of(group),
        }
    }
}

impl GroupBody {
    pub(super) fn of(group: &Group) -> Self {
        Self {
            display_name: group.display_name.as_str().to_owned(),
        }
    }

    pub(super) fn display_name(&self) -> Result<DisplayName, Refusal> {
        field("display_name", DisplayName::parse(&self.display_name))
    }
}

impl NewGroupBody {
    pub(super) fn new_group(&self) -> Result<NewGroup, Refusal> {
        let shown = self.display_name.as_deref().unwrap_or(&self.name);
        Ok(NewGroup {
            name: field("name", RoleName::parse(&self.name))?,
            display_name: field("display_name", DisplayName::parse(shown))?,
        })
    }
}
