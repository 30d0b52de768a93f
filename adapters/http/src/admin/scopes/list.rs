//! Listing scopes.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::ScopeDefinition;
use gatelodge_usecases::admin::ScopesRead;

use super::representation::ScopeAnswer;
use crate::admin::body::query;
use crate::admin::page::{self, Page, PageQuery};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists the scopes of a realm, the built-in ones first. A scope works without being defined: what a
/// client is registered for counts.
#[utoipa::path(
    tag = "Scopes",
    operation_id = "list_scopes",
    params(PageQuery),
    responses((status = 200, description = "A page of scopes.", body = Page<ScopeAnswer>)),
    security(("bearer" = ["scopes:read"])),
)]
#[get("/realms/{realm}/scopes")]
pub(crate) async fn list_scopes(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ScopesRead>(&realm).await?;
    let page = query::<PageQuery>(&admin.http)?.page()?;
    let listed = admin.api().scopes.list(&permit, page).await?;
    let id = |scope: &ScopeDefinition| scope.id;
    Ok(shown(&page::answer(&listed, id, ScopeAnswer::of)))
}
