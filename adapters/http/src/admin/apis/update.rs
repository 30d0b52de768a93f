//! Changing an API.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::ScopesWrite;

use super::representation::{ApiAnswer, ApiBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Changes an API by a merge patch (RFC 7396). Its identifier stays, because tokens bear it.
#[utoipa::path(
    tag = "APIs",
    operation_id = "update_api",
    request_body(
        content = ApiBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"name": "Orders", "listed": true}),
    ),
    responses((status = 200, description = "The API as it is now.", body = ApiAnswer)),
    security(("bearer" = ["scopes:write"])),
)]
#[patch("/realms/{realm}/apis/{api}")]
pub(crate) async fn update_api(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, api) = target.into_inner();
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    let apis = &admin.api().apis;
    let api = apis.get_to_change(&permit, &api).await?;
    admin.if_match(api.revision)?;
    let (body, shown) = (ApiBody::of(&api), ApiAnswer::of(&api));
    let update = merge(&body, &shown, patch)?.update()?;
    let api = apis.update(&permit, api.id, api.revision, update).await?;
    Ok(shown_at(api.revision, &ApiAnswer::of(&api)))
}
