//! Roles.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Role;
use gatelodge_domain::role::Protection;
use gatelodge_usecases::admin::RolesRead;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::query;
use super::page::{self, Page};
use super::request::{AdminRequest, shown};
use crate::problem::Problem;
use crate::time;

/// Adds the operations on roles.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(list_roles);
}

/// A role.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleAnswer {
    /// Its name, as tokens carry it.
    #[schema(example = "administrator")]
    name: String,
    /// What people see.
    #[schema(example = "Administrator")]
    display_name: String,
    /// What it allows.
    #[schema(example = json!(["users:read", "users:write"]))]
    permissions: Vec<String>,
    /// Whether Gatelodge itself needs it.
    built_in: bool,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
}

impl RoleAnswer {
    pub(super) fn of(role: &Role) -> Self {
        let permissions = role.permissions.iter();
        Self {
            name: role.name.as_str().to_owned(),
            display_name: role.display_name.as_str().to_owned(),
            permissions: permissions.map(|right| right.as_str().to_owned()).collect(),
            built_in: role.protection == Protection::BuiltIn,
            created_at: time::to_text(role.created_at),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RoleQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
}

/// Lists the roles of a realm.
#[utoipa::path(
    tag = "Roles",
    operation_id = "list_roles",
    params(RoleQuery),
    responses((status = 200, description = "A page of roles.", body = Page<RoleAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/roles")]
async fn list_roles(admin: AdminRequest, realm: Path<String>) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RolesRead>(&realm).await?;
    let query: RoleQuery = query(&admin.http)?;
    let page = page::request(query.cursor.as_deref(), query.limit)?;
    let listed = admin.api().users.list_roles(&permit, page).await?;
    let id = |role: &Role| role.id;
    Ok(shown(&page::answer(&listed, id, RoleAnswer::of)))
}
