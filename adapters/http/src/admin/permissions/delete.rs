//! Deleting a permission.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::ScopesWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Deletes the description of a permission that nothing names any more.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "delete_permission",
    responses(
        (status = 204, description = "The permission is gone."),
        (status = 409, description = "The permission is built in, or a role or scope names it."),
    ),
    security(("bearer" = ["scopes:write"])),
)]
#[delete("/realms/{realm}/permissions/{permission}")]
pub(crate) async fn delete_permission(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, permission) = path.into_inner();
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let permissions = &admin.api().permissions;
    let permission = permissions.get_to_change(&permit, &permission).await?;
    admin.if_match(permission.revision)?;
    let revision = Some(permission.revision);
    permissions.delete(&permit, permission.id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
