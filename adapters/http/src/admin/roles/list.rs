//! Listing roles.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::RolesRead;
use gatelodge_usecases::roles::ComposedRole;

use super::representation::ComposedRoleAnswer;
use crate::admin::body::query;
use crate::admin::page::{self, Page, PageQuery};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists the roles of a realm.
#[utoipa::path(
    tag = "Roles",
    operation_id = "list_roles",
    params(PageQuery),
    responses((status = 200, description = "A page of roles.", body = Page<ComposedRoleAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/roles")]
pub(crate) async fn list_roles(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RolesRead>(&realm).await?;
    let page = query::<PageQuery>(&admin.http)?.page()?;
    let listed = admin.api().roles.list(&permit, page).await?;
    let id = |composed: &ComposedRole| composed.role.id;
    Ok(shown(&page::answer_by(&listed, id, ComposedRoleAnswer::of)))
}
