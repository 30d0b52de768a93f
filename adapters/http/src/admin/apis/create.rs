//! Registering an API.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::ScopesWrite;

use super::representation::{ApiAnswer, NewApiBody};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// Registers an API. Clients ask for it by naming its identifier among their `audiences`.
#[utoipa::path(
    tag = "APIs",
    operation_id = "create_api",
    request_body = NewApiBody,
    responses(
        (status = 201, description = "The API.", body = ApiAnswer),
        (status = 409, description = "The identifier is taken."),
    ),
    security(("bearer" = ["scopes:write"])),
)]
#[post("/realms/{realm}/apis")]
pub(crate) async fn create_api(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let new = read::<NewApiBody>(&admin.http, &body)?.new_api()?;
    let api = admin.api().apis.create(&permit, new).await?;
    let answer = ApiAnswer::of(&api);
    let id = api.id.to_string();
    Ok(created(&admin, &id, api.revision, &answer))
}
