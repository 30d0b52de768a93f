//! Reading a permission.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::ScopesRead;

use super::representation::PermissionAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Shows a permission.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "read_permission",
    responses((status = 200, description = "The permission.", body = PermissionAnswer)),
    security(("bearer" = ["scopes:read"])),
)]
#[get("/realms/{realm}/permissions/{permission}")]
pub(crate) async fn read_permission(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, permission) = path.into_inner();
    let permit = admin.permit::<ScopesRead>(&realm).await?;
    let permission = admin.api().permissions.get(&permit, &permission).await?;
    Ok(shown_at(
        permission.revision,
        &PermissionAnswer::of(&permission),
    ))
}
