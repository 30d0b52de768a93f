//! Making a group.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::GroupsWrite;

use super::representation::{GroupAnswer, NewGroupBody};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// Makes a group with nobody in it.
#[utoipa::path(
    tag = "Groups",
    operation_id = "create_group",
    request_body = NewGroupBody,
    responses(
        (status = 201, description = "The group.", body = GroupAnswer),
        (status = 409, description = "The name is taken."),
    ),
    security(("bearer" = ["groups:write"])),
)]
#[post("/realms/{realm}/groups")]
pub(crate) async fn create_group(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<GroupsWrite>(&realm).await?;
    let new = read::<NewGroupBody>(&admin.http, &body)?.new_group()?;
    let group = admin.api().groups.create(&permit, new).await?;
    let answer = GroupAnswer::of(&group);
    let id = group.id.to_string();
    Ok(created(&admin, &id, group.revision, &answer))
}
