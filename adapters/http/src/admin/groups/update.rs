//! Changing a group.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::GroupsWrite;

use super::representation::{GroupAnswer, GroupBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Changes a group by a merge patch (RFC 7396). Its name stays, because tokens and the roles of
/// administrators know it.
#[utoipa::path(
    tag = "Groups",
    operation_id = "update_group",
    request_body(
        content = GroupBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"display_name": "Sales, Europe"}),
    ),
    responses((status = 200, description = "The group as it is now.", body = GroupAnswer)),
    security(("bearer" = ["groups:write"])),
)]
#[patch("/realms/{realm}/groups/{group}")]
pub(crate) async fn update_group(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, group) = target.into_inner();
    let permit = admin.permit::<GroupsWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    let groups = &admin.api().groups;
    let group = groups.get_to_change(&permit, &group).await?;
    admin.if_match(group.revision)?;
    let (body, shown) = (GroupBody::of(&group), GroupAnswer::of(&group));
    let display_name = merge(&body, &shown, patch)?.display_name()?;
    let group = groups
        .update(&permit, group.id, group.revision, display_name)
        .await?;
    Ok(shown_at(group.revision, &GroupAnswer::of(&group)))
}
