//! Ending a grant.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::GrantsWrite;

use super::read::NO_GRANT;
use crate::admin::request::{AdminRequest, row_within};
use crate::problem::Problem;

/// Ends an authorization with its codes, refresh tokens and access tokens.
#[utoipa::path(
    tag = "Grants",
    operation_id = "end_grant",
    responses((status = 204, description = "The grant has ended.")),
    security(("bearer" = ["grants:write"])),
)]
#[delete("/realms/{realm}/grants/{grant}")]
pub(crate) async fn end_grant(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, grant) = path.into_inner();
    let permit = admin.permit_in_reach::<GrantsWrite>(&realm).await?;
    let id = row_within(&permit, &grant, NO_GRANT)?;
    admin.api().grants.end(&permit, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
