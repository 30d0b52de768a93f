//! Listing permissions.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::PermissionDefinition;
use gatelodge_usecases::admin::ScopesRead;

use super::representation::PermissionAnswer;
use crate::admin::body::query;
use crate::admin::page::{self, Page, PageQuery};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists the permissions that a realm describes, the built-in ones first. A permission works in roles
/// without being described.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "list_permissions",
    params(PageQuery),
    responses((status = 200, description = "A page of permissions.", body = Page<PermissionAnswer>)),
    security(("bearer" = ["scopes:read"])),
)]
#[get("/realms/{realm}/permissions")]
pub(crate) async fn list_permissions(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ScopesRead>(&realm).await?;
    let page = query::<PageQuery>(&admin.http)?.page()?;
    let listed = admin.api().permissions.list(&permit, page).await?;
    let id = |permission: &PermissionDefinition| permission.id;
    Ok(shown(&page::answer(&listed, id, PermissionAnswer::of)))
}
