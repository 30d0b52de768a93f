//! Reading a signing key.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::KeysRead;

use super::representation::KeyAnswer;
use crate::admin::request::{AdminRequest, path_id, shown_at};
use crate::problem::Problem;

/// The answer to a path that names no key.
pub(super) const NO_KEY: &str = "there is no such key";

/// Shows a signing key, never its private half.
#[utoipa::path(
    tag = "Keys",
    operation_id = "read_key",
    responses((status = 200, description = "The key.", body = KeyAnswer)),
    security(("bearer" = ["keys:read"])),
)]
#[get("/realms/{realm}/keys/{key}")]
pub(crate) async fn read_key(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, key) = path.into_inner();
    let permit = admin.permit::<KeysRead>(&realm).await?;
    let id = path_id(&key, NO_KEY)?;
    let facts = admin.api().keys.get(&permit, id).await?;
    Ok(shown_at(facts.key.revision, &KeyAnswer::of(&facts)))
}
