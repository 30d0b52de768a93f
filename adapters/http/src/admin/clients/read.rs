//! Reading a client.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::ClientsRead;

use super::representation::ClientAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Shows a client. A `client_id` that is a URL is percent-encoded in the path.
#[utoipa::path(
    tag = "Clients",
    operation_id = "read_client",
    responses((status = 200, description = "The client.", body = ClientAnswer)),
    security(("bearer" = ["clients:read"])),
)]
#[get("/realms/{realm}/clients/{client}")]
pub(crate) async fn read_client(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client) = path.into_inner();
    let permit = admin.permit::<ClientsRead>(&realm).await?;
    let client = admin.api().clients.get(&permit, &client).await?;
    Ok(shown_at(client.revision, &ClientAnswer::of(&client)))
}
