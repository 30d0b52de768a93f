//! Adding single permissions to a role, and taking them.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, put};
use gatelodge_domain::Permission;
use gatelodge_usecases::admin::{Refusal, RolesWrite};

use crate::admin::fields::field;
use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Adds a permission to a role. The permission need not be defined.
#[utoipa::path(
    tag = "Roles",
    operation_id = "add_role_permission",
    responses(
        (status = 204, description = "The role allows it."),
        (status = 409, description = "The role is built in."),
        (status = 422, description = "That is no name of a permission."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[put("/realms/{realm}/roles/{role}/permissions/{permission}")]
pub(crate) async fn add_role_permission(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, role, permission) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let permission = field("permission", Permission::parse(&permission))?;
    let roles = &admin.api().roles;
    roles.add_permission(&permit, &role, permission).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a permission from a role.
#[utoipa::path(
    tag = "Roles",
    operation_id = "remove_role_permission",
    responses(
        (status = 204, description = "The role no longer allows it by itself."),
        (status = 409, description = "The role is built in."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[delete("/realms/{realm}/roles/{role}/permissions/{permission}")]
pub(crate) async fn remove_role_permission(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, role, permission) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let permission = Permission::parse(&permission)
        .map_err(|_| Refusal::not_found("the role does not hold that permission"))?;
    let roles = &admin.api().roles;
    roles.remove_permission(&permit, &role, &permission).await?;
    Ok(HttpResponse::NoContent().finish())
}
