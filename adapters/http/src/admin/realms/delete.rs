//! Deleting a realm.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::RealmsWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Deletes a realm: it answers nothing from now on, and its rows are removed in batches. The
/// audit trail stays.
#[utoipa::path(
    tag = "Realms",
    operation_id = "delete_realm",
    responses(
        (status = 202, description = "The realm is gone; its rows are being removed."),
        (status = 409, description = "`default` and `system` cannot be deleted."),
    ),
    security(("bearer" = ["realms:write"])),
)]
#[delete("/realms/{realm}")]
pub(crate) async fn delete_realm(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsWrite>(&realm).await?;
    let revision = permit.realm().realm.revision;
    admin.if_match(revision)?;
    admin.api().realms.delete(&permit, Some(revision)).await?;
    Ok(HttpResponse::Accepted().finish())
}
