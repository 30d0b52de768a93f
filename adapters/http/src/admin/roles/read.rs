//! Reading a role.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::RolesRead;

use super::representation::ComposedRoleAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Shows a role.
#[utoipa::path(
    tag = "Roles",
    operation_id = "read_role",
    responses((status = 200, description = "The role.", body = ComposedRoleAnswer)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/roles/{role}")]
pub(crate) async fn read_role(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, role) = path.into_inner();
    let permit = admin.permit::<RolesRead>(&realm).await?;
    let found = admin.api().roles.get(&permit, &role).await?;
    let answer = ComposedRoleAnswer::of(&found);
    Ok(shown_at(found.role.revision, &answer))
}
