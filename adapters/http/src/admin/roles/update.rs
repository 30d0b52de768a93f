//! Changing a role.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::RolesWrite;

use super::representation::{ComposedRoleAnswer, RoleBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Changes a role by a merge patch (RFC 7396). Its name stays, because tokens, groups and other
/// people's policies know it. A built-in role cannot be changed.
#[utoipa::path(
    tag = "Roles",
    operation_id = "update_role",
    request_body(
        content = RoleBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"permissions": ["users:read"]}),
    ),
    responses((status = 200, description = "The role as it is now.", body = ComposedRoleAnswer)),
    security(("bearer" = ["roles:write"])),
)]
#[patch("/realms/{realm}/roles/{role}")]
pub(crate) async fn update_role(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, role) = target.into_inner();
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    let roles = &admin.api().roles;
    let current = roles.get_to_change(&permit, &role).await?;
    admin.if_match(current.role.revision)?;
    let (body, shown) = (
        RoleBody::of(&current.role),
        ComposedRoleAnswer::of(&current),
    );
    let update = merge(&body, &shown, patch)?.update()?;
    let (id, revision) = (current.role.id, current.role.revision);
    let updated = roles.update(&permit, id, revision, update).await?;
    let answer = ComposedRoleAnswer::of(&updated);
    Ok(shown_at(updated.role.revision, &answer))
}
