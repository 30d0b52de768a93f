//! Removing a client.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::ClientsWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Removes a client with everything that was given to it, and voids its access tokens.
#[utoipa::path(
    tag = "Clients",
    operation_id = "delete_client",
    responses(
        (status = 204, description = "The client is gone."),
        (status = 409, description = "A built-in client cannot be deleted."),
    ),
    security(("bearer" = ["clients:write"])),
)]
#[delete("/realms/{realm}/clients/{client}")]
pub(crate) async fn delete_client(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client_id) = path.into_inner();
    let permit = admin.permit::<ClientsWrite>(&realm).await?;
    let clients = &admin.api().clients;
    let client = clients.get_to_change(&permit, &client_id).await?;
    admin.if_match(client.revision)?;
    let revision = Some(client.revision);
    clients.delete(&permit, &client_id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
