//! Changing a permission.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::ScopesWrite;

use super::representation::{PermissionAnswer, PermissionBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Changes what is said of a permission by a merge patch (RFC 7396). Its name stays, because roles and
/// tokens bear it.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "update_permission",
    request_body(
        content = PermissionBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"description": "See orders"}),
    ),
    responses((status = 200, description = "The permission as it is now.", body = PermissionAnswer)),
    security(("bearer" = ["scopes:write"])),
)]
#[patch("/realms/{realm}/permissions/{permission}")]
pub(crate) async fn update_permission(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, permission) = target.into_inner();
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    let permissions = &admin.api().permissions;
    let permission = permissions.get_to_change(&permit, &permission).await?;
    admin.if_match(permission.revision)?;
    let (body, shown) = (
        PermissionBody::of(&permission),
        PermissionAnswer::of(&permission),
    );
    let update = merge(&body, &shown, patch)?.update()?;
    let permission = permissions
        .update(&permit, permission.id, permission.revision, update)
        .await?;
    Ok(shown_at(
        permission.revision,
        &PermissionAnswer::of(&permission),
    ))
}
