//! Reading a group.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::GroupsRead;

use super::representation::GroupAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Shows a group.
#[utoipa::path(
    tag = "Groups",
    operation_id = "read_group",
    responses((status = 200, description = "The group.", body = GroupAnswer)),
    security(("bearer" = ["groups:read"])),
)]
#[get("/realms/{realm}/groups/{group}")]
pub(crate) async fn read_group(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group) = path.into_inner();
    let permit = admin.permit_in_reach::<GroupsRead>(&realm).await?;
    let group = admin.api().groups.get(&permit, &group).await?;
    Ok(shown_at(group.revision, &GroupAnswer::of(&group)))
}
