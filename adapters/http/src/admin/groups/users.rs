//! The groups of a user.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::GroupsRead;

use super::representation::GroupAnswer;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::admin::users::NO_USER;
use crate::problem::Problem;

/// Lists the groups of a user that are within the administrator's reach.
#[utoipa::path(
    tag = "Groups",
    operation_id = "list_user_groups",
    responses((status = 200, description = "All of them.", body = Page<GroupAnswer>)),
    security(("bearer" = ["groups:read"])),
)]
#[get("/realms/{realm}/users/{user}/groups")]
pub(crate) async fn list_user_groups(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<GroupsRead>(&realm).await?;
    let user = row_within(&permit, &user, NO_USER)?;
    let groups = admin.api().groups.of_user(&permit, user).await?;
    Ok(shown(&Page {
        items: groups.iter().map(GroupAnswer::of).collect(),
        next_cursor: None,
    }))
}
