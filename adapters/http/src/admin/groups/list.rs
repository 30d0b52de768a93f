//! Listing groups.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Group;
use gatelodge_usecases::admin::GroupsRead;

use super::representation::GroupAnswer;
use crate::admin::body::query;
use crate::admin::page::{self, Page, PageQuery};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists the groups of a realm that are within the administrator's reach.
#[utoipa::path(
    tag = "Groups",
    operation_id = "list_groups",
    params(PageQuery),
    responses((status = 200, description = "A page of groups.", body = Page<GroupAnswer>)),
    security(("bearer" = ["groups:read"])),
)]
#[get("/realms/{realm}/groups")]
pub(crate) async fn list_groups(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_in_reach::<GroupsRead>(&realm).await?;
    let page = query::<PageQuery>(&admin.http)?.page()?;
    let listed = admin.api().groups.list(&permit, page).await?;
    let id = |group: &Group| group.id;
    Ok(shown(&page::answer(&listed, id, GroupAnswer::of)))
}
