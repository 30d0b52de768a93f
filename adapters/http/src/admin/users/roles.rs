//! The roles of a user.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, put};
use gatelodge_usecases::admin::{RolesRead, RolesWrite};

use super::read::NO_USER;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::admin::roles::HeldRoleAnswer;
use crate::problem::Problem;

/// Lists what a user holds, directly, through groups, and by inclusion.
#[utoipa::path(
    tag = "Roles",
    operation_id = "list_user_roles",
    responses((status = 200, description = "All of the user's roles.", body = Page<HeldRoleAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/users/{user}/roles")]
pub(crate) async fn list_user_roles(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<RolesRead>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    let held = admin.api().users.roles_of(&permit, id).await?;
    Ok(shown(&Page {
        items: held.iter().map(HeldRoleAnswer::of).collect(),
        next_cursor: None,
    }))
}

/// Gives a role to a user. In `system`, nobody can give what they do not have.
#[utoipa::path(
    tag = "Roles",
    operation_id = "assign_role",
    responses((status = 204, description = "The user holds the role.")),
    security(("bearer" = ["roles:write"])),
)]
#[put("/realms/{realm}/users/{user}/roles/{role}")]
pub(crate) async fn assign_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user, role) = path.into_inner();
    let permit = admin.permit_in_reach::<RolesWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.api().users.assign_role(&permit, id, &role).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a role from a user. The last active administrator keeps theirs.
#[utoipa::path(
    tag = "Roles",
    operation_id = "unassign_role",
    responses(
        (status = 204, description = "The user no longer holds the role."),
        (status = 409, description = "The last active administrator keeps the role."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[delete("/realms/{realm}/users/{user}/roles/{role}")]
pub(crate) async fn unassign_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user, role) = path.into_inner();
    let permit = admin.permit_in_reach::<RolesWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.api().users.unassign_role(&permit, id, &role).await?;
    Ok(HttpResponse::NoContent().finish())
}
