//! Changing a client.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::ClientsWrite;

use super::metadata::refuse_unkept;
use super::registration::ClientBody;
use super::representation::ClientAnswer;
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Changes a client by a merge patch (RFC 7396). Disabling voids its access tokens; becoming
/// public removes its secrets.
#[utoipa::path(
    tag = "Clients",
    operation_id = "update_client",
    request_body(
        content = ClientBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"client_name": "My app", "settings": {"access_token_lifetime": 300}}),
    ),
    responses((status = 200, description = "The client as it is now.", body = ClientAnswer)),
    security(("bearer" = ["clients:write"])),
)]
#[patch("/realms/{realm}/clients/{client}")]
pub(crate) async fn update_client(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, client_id) = target.into_inner();
    let permit = admin.permit::<ClientsWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    refuse_unkept(&patch)?;
    let clients = &admin.api().clients;
    let client = clients.get_to_change(&permit, &client_id).await?;
    admin.if_match(client.revision)?;
    let merged = merge(&ClientBody::of(&client), &ClientAnswer::of(&client), patch)?;
    let registration = merged.registration(Some(&client))?;
    let revision = client.revision;
    let client = clients
        .update(&permit, &client_id, revision, registration)
        .await?;
    Ok(shown_at(client.revision, &ClientAnswer::of(&client)))
}
