//! Listing APIs.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Api;
use gatelodge_usecases::admin::ScopesRead;

use super::representation::ApiAnswer;
use crate::admin::body::query;
use crate::admin::page::{self, Page, PageQuery};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists the APIs of a realm.
#[utoipa::path(
    tag = "APIs",
    operation_id = "list_apis",
    params(PageQuery),
    responses((status = 200, description = "A page of APIs.", body = Page<ApiAnswer>)),
    security(("bearer" = ["scopes:read"])),
)]
#[get("/realms/{realm}/apis")]
pub(crate) async fn list_apis(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ScopesRead>(&realm).await?;
    let page = query::<PageQuery>(&admin.http)?.page()?;
    let listed = admin.api().apis.list(&permit, page).await?;
    let id = |api: &Api| api.id;
    Ok(shown(&page::answer(&listed, id, ApiAnswer::of)))
}
