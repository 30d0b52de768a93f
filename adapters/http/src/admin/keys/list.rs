//! Listing signing keys.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::KeysRead;

use super::representation::KeyAnswer;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists the realm's signing keys in any state.
#[utoipa::path(
    tag = "Keys",
    operation_id = "list_keys",
    responses((status = 200, description = "All of the realm's keys.", body = Page<KeyAnswer>)),
    security(("bearer" = ["keys:read"])),
)]
#[get("/realms/{realm}/keys")]
pub(crate) async fn list_keys(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<KeysRead>(&realm).await?;
    let keys = admin.api().keys.list(&permit).await?;
    Ok(shown(&Page {
        items: keys.iter().map(KeyAnswer::of).collect(),
        next_cursor: None,
    }))
}
