//! The roles of a group.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, put};
use gatelodge_usecases::admin::{RolesRead, RolesWrite};

use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, shown};
use crate::admin::roles::RoleAnswer;
use crate::problem::Problem;

/// Lists the roles given to a group, without what they include.
#[utoipa::path(
    tag = "Roles",
    operation_id = "list_group_roles",
    responses((status = 200, description = "All of the group's roles.", body = Page<RoleAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/groups/{group}/roles")]
pub(crate) async fn list_group_roles(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group) = path.into_inner();
    let permit = admin.permit_in_reach::<RolesRead>(&realm).await?;
    let held = admin.api().roles.of_group(&permit, &group).await?;
    Ok(shown(&Page {
        items: held.iter().map(RoleAnswer::of).collect(),
        next_cursor: None,
    }))
}

/// Gives a role to everybody in a group. In `system`, nobody can give what they do not have.
#[utoipa::path(
    tag = "Roles",
    operation_id = "assign_group_role",
    responses((status = 204, description = "The group holds the role.")),
    security(("bearer" = ["roles:write"])),
)]
#[put("/realms/{realm}/groups/{group}/roles/{role}")]
pub(crate) async fn assign_group_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group, role) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let roles = &admin.api().roles;
    roles.assign_to_group(&permit, &group, &role).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a role from a group. The last active administrator keeps theirs.
#[utoipa::path(
    tag = "Roles",
    operation_id = "unassign_group_role",
    responses(
        (status = 204, description = "The group no longer holds the role."),
        (status = 409, description = "It makes the last administrator one."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[delete("/realms/{realm}/groups/{group}/roles/{role}")]
pub(crate) async fn unassign_group_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group, role) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let roles = &admin.api().roles;
    roles.unassign_from_group(&permit, &group, &role).await?;
    Ok(HttpResponse::NoContent().finish())
}
