//! Making a role.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::RolesWrite;

use super::representation::{ComposedRoleAnswer, NewRoleBody};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// Makes a role. In `system`, it allows nothing that its maker may not do.
#[utoipa::path(
    tag = "Roles",
    operation_id = "create_role",
    request_body = NewRoleBody,
    responses(
        (status = 201, description = "The role.", body = ComposedRoleAnswer),
        (status = 409, description = "The name is taken."),
    ),
    security(("bearer" = ["roles:write"])),
)]
#[post("/realms/{realm}/roles")]
pub(crate) async fn create_role(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RolesWrite>(&realm).await?;
    let new = read::<NewRoleBody>(&admin.http, &body)?.new_role()?;
    let made = admin.api().roles.create(&permit, new).await?;
    let answer = ComposedRoleAnswer::of(&made);
    let id = made.role.id.to_string();
    Ok(created(&admin, &id, made.role.revision, &answer))
}
