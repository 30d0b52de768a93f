//! Ending a session.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::SessionsWrite;

use super::read::NO_SESSION;
use crate::admin::request::{AdminRequest, row_within};
use crate::problem::Problem;

/// Ends a browser sign-in with its access tokens and its refresh tokens without
/// `offline_access`.
#[utoipa::path(
    tag = "Sessions",
    operation_id = "end_session",
    responses((status = 204, description = "The session has ended.")),
    security(("bearer" = ["sessions:write"])),
)]
#[delete("/realms/{realm}/sessions/{session}")]
pub(crate) async fn end_session(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, session) = path.into_inner();
    let permit = admin.permit_in_reach::<SessionsWrite>(&realm).await?;
    let id = row_within(&permit, &session, NO_SESSION)?;
    admin.api().sessions.end(&permit, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
