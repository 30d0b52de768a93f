//! The roles of a client that acts for itself.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, put};
use gatelodge_usecases::admin::{RolesRead, RolesWrite};

use super::representation::HeldRoleAnswer;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists what a client holds, inclusions with it.
#[utoipa::path(
    tag = "Roles",
    operation_id = "list_client_roles",
    responses((status = 200, description = "All of the client's roles.", body = Page<HeldRoleAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/clients/{client}/roles")]
pub(crate) async fn list_client_roles(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client) = path.into_inner();
    let permit = admin.permit::<RolesRead>(&realm).await?;
    let held = admin.api().roles.of_client(&permit, &client).await?;
    Ok(shown(&Page {
        items: held.iter().map(HeldRoleAnswer::of).collect(),
        next_cursor: None,
    }))
}

/// Gives a role to a client that acts for itself. In `system`, nobody can give what they do not
/// have.
#[utoipa::path(
    tag = "Roles",
    operation_id = "assign_client_role",
    responses((status = 204, description = "The client holds the role.")),
    security(("bearer" = ["roles:write"])),
)]
#[put("/realms/{realm}/clients/{client}/roles/{role}")]
pub(crate) async fn assign_client_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client, role) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let roles = &admin.api().roles;
    roles.assign_to_client(&permit, &client, &role).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a role from a client.
#[utoipa::path(
    tag = "Roles",
    operation_id = "unassign_client_role",
    responses((status = 204, description = "The client no longer holds the role.")),
    security(("bearer" = ["roles:write"])),
)]
#[delete("/realms/{realm}/clients/{client}/roles/{role}")]
pub(crate) async fn unassign_client_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client, role) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let roles = &admin.api().roles;
    roles.unassign_from_client(&permit, &client, &role).await?;
    Ok(HttpResponse::NoContent().finish())
}
