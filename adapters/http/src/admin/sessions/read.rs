//! Reading a session.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::SessionsRead;

use super::representation::SessionAnswer;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::problem::Problem;

/// The answer to a path that names no session.
pub(super) const NO_SESSION: &str = "there is no such session, or it has ended";

/// Shows a browser sign-in.
#[utoipa::path(
    tag = "Sessions",
    operation_id = "read_session",
    responses((status = 200, description = "The session.", body = SessionAnswer)),
    security(("bearer" = ["sessions:read"])),
)]
#[get("/realms/{realm}/sessions/{session}")]
pub(crate) async fn read_session(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, session) = path.into_inner();
    let permit = admin.permit_in_reach::<SessionsRead>(&realm).await?;
    let id = row_within(&permit, &session, NO_SESSION)?;
    let session = admin.api().sessions.get(&permit, id).await?;
    Ok(shown(&SessionAnswer::of(&session)))
}
