//! Deleting an API.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::ScopesWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Deletes an API. Tokens for it stay what they are, and so do clients that name it.
#[utoipa::path(
    tag = "APIs",
    operation_id = "delete_api",
    responses(
        (status = 204, description = "The API is gone."),
        (status = 409, description = "The API is built in, or scopes or permissions belong to it."),
    ),
    security(("bearer" = ["scopes:write"])),
)]
#[delete("/realms/{realm}/apis/{api}")]
pub(crate) async fn delete_api(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, api) = path.into_inner();
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let apis = &admin.api().apis;
    let api = apis.get_to_change(&permit, &api).await?;
    admin.if_match(api.revision)?;
    let revision = Some(api.revision);
    apis.delete(&permit, api.id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
