//! Reading an API.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::ScopesRead;

use super::representation::ApiAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Shows an API.
#[utoipa::path(
    tag = "APIs",
    operation_id = "read_api",
    responses((status = 200, description = "The API.", body = ApiAnswer)),
    security(("bearer" = ["scopes:read"])),
)]
#[get("/realms/{realm}/apis/{api}")]
pub(crate) async fn read_api(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, api) = path.into_inner();
    let permit = admin.permit::<ScopesRead>(&realm).await?;
    let api = admin.api().apis.get(&permit, &api).await?;
    Ok(shown_at(api.revision, &ApiAnswer::of(&api)))
}
