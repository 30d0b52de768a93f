//! Deleting a group.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::GroupsWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Deletes a group. Its people stay, without what it gave them.
#[utoipa::path(
    tag = "Groups",
    operation_id = "delete_group",
    responses(
        (status = 204, description = "The group is gone."),
        (status = 409, description = "It makes the last administrator one."),
    ),
    security(("bearer" = ["groups:write"])),
)]
#[delete("/realms/{realm}/groups/{group}")]
pub(crate) async fn delete_group(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group) = path.into_inner();
    let permit = admin.permit::<GroupsWrite>(&realm).await?;
    let groups = &admin.api().groups;
    let group = groups.get_to_change(&permit, &group).await?;
    admin.if_match(group.revision)?;
    let revision = Some(group.revision);
    groups.delete(&permit, group.id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
