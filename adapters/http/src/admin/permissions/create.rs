//! Describing a permission.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::ScopesWrite;

use super::representation::{NewPermissionBody, PermissionAnswer};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// Describes a permission.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "create_permission",
    request_body = NewPermissionBody,
    responses(
        (status = 201, description = "The permission.", body = PermissionAnswer),
        (status = 409, description = "The name is taken."),
    ),
    security(("bearer" = ["scopes:write"])),
)]
#[post("/realms/{realm}/permissions")]
pub(crate) async fn create_permission(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let new = read::<NewPermissionBody>(&admin.http, &body)?.new_permission()?;
    let permission = admin.api().permissions.create(&permit, new).await?;
    let answer = PermissionAnswer::of(&permission);
    let id = permission.id.to_string();
    Ok(created(&admin, &id, permission.revision, &answer))
}
