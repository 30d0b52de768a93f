//! What a role includes.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, put};
use gatelodge_usecases::admin::RolesWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Lets a role include another: whoever holds it holds that one too, and what that includes.
#[utoipa::path(
    tag = "Roles",
    operation_id = "include_role",
    responses(
        (status = 204, description = "The role includes the other."),
        (status = 409, description = "The role is built in."),
        (status = 422, description = "The role would include itself, through others perhaps."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[put("/realms/{realm}/roles/{role}/roles/{included}")]
pub(crate) async fn include_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, role, included) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let roles = &admin.api().roles;
    roles.include(&permit, &role, &included).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends an inclusion.
#[utoipa::path(
    tag = "Roles",
    operation_id = "exclude_role",
    responses(
        (status = 204, description = "The role no longer includes the other."),
        (status = 409, description = "It is built in, or makes the last administrator one."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[delete("/realms/{realm}/roles/{role}/roles/{included}")]
pub(crate) async fn exclude_role(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, role, included) = path.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let roles = &admin.api().roles;
    roles.exclude(&permit, &role, &included).await?;
    Ok(HttpResponse::NoContent().finish())
}
