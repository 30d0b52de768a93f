//! Deleting a role.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::RolesWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Deletes a role: it is taken from everybody who holds it, and from the roles that include it.
#[utoipa::path(
    tag = "Roles",
    operation_id = "delete_role",
    responses(
        (status = 204, description = "The role is gone."),
        (status = 409, description = "The role is built in, or the last administrator holds it."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[delete("/realms/{realm}/roles/{role}")]
pub(crate) async fn delete_role(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, role) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let roles = &admin.api().roles;
    let role = roles.get_to_change(&permit, &role).await?.role;
    admin.if_match(role.revision)?;
    roles.delete(&permit, role.id, Some(role.revision)).await?;
    Ok(HttpResponse::NoContent().finish())
}
