//! Reading a realm.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::RealmsRead;

use super::representation::RealmAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Shows a realm.
#[utoipa::path(
    tag = "Realms",
    operation_id = "read_realm",
    responses((status = 200, description = "The realm.", body = RealmAnswer)),
    security(("bearer" = ["realms:read"])),
)]
#[get("/realms/{realm}")]
pub(crate) async fn read_realm(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsRead>(&realm).await?;
    let realm = admin.api().realms.get(&permit);
    let answer = RealmAnswer::of(&realm, &admin.state().foundation.issuers);
    Ok(shown_at(realm.revision, &answer))
}
