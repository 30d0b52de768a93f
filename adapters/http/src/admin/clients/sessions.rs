//! Ending all that was given to a client.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::SessionsWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Ends everything that people and the client itself hold at this client: every grant, refresh
/// token and access token. Browser sign-ins stay; other clients do not notice. Very many grants
/// end in turns before the answer.
#[utoipa::path(
    tag = "Sessions",
    operation_id = "end_client_sessions",
    responses((status = 204, description = "Nothing that was given to the client works any more.")),
    security(("bearer" = ["sessions:write"])),
)]
#[delete("/realms/{realm}/clients/{client}/sessions")]
pub(crate) async fn end_client_sessions(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client) = path.into_inner();
    let permit = admin.permit::<SessionsWrite>(&realm).await?;
    admin.api().revocations.end_client(&permit, &client).await?;
    Ok(HttpResponse::NoContent().finish())
}
