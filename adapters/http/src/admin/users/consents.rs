//! What a user agreed to.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get};
use gatelodge_domain::Consent;
use gatelodge_usecases::admin::{GrantsRead, GrantsWrite};
use serde::Serialize;
use utoipa::ToSchema;

use super::read::NO_USER;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::problem::Problem;
use crate::time;

/// A remembered yes of a user to a client.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentAnswer {
    /// To whom.
    #[schema(example = "my-app")]
    client_id: String,
    /// To what, as space-separated scopes.
    #[schema(example = "email openid profile")]
    scope: String,
    /// When they first agreed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    /// When they last agreed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    updated_at: String,
}

impl ConsentAnswer {
    fn of(consent: &Consent, client_id: String) -> Self {
        Self {
            client_id,
            scope: consent.scopes.to_string(),
            created_at: time::to_text(consent.created_at),
            updated_at: time::to_text(consent.updated_at),
        }
    }
}

/// Lists what a user agreed to, client by client.
#[utoipa::path(
    tag = "Grants",
    operation_id = "list_consents",
    responses((status = 200, description = "All of the user's consents.", body = Page<ConsentAnswer>)),
    security(("bearer" = ["grants:read"])),
)]
#[get("/realms/{realm}/users/{user}/consents")]
pub(crate) async fn list_consents(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<GrantsRead>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    let mut items = Vec::new();
    for consent in admin.api().grants.consents(&permit, id).await? {
        let clients = &admin.api().clients;
        if let Some(client_id) = clients.client_id_of(&permit, consent.client).await? {
            items.push(ConsentAnswer::of(&consent, client_id.as_str().to_owned()));
        }
    }
    Ok(shown(&Page {
        items,
        next_cursor: None,
    }))
}

/// Withdraws a user's consent to a client, and ends every grant that they gave it.
#[utoipa::path(
    tag = "Grants",
    operation_id = "withdraw_consent",
    responses((status = 204, description = "The consent is withdrawn.")),
    security(("bearer" = ["grants:write"])),
)]
#[delete("/realms/{realm}/users/{user}/consents/{client}")]
pub(crate) async fn withdraw_consent(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user, client) = path.into_inner();
    let permit = admin.permit_in_reach::<GrantsWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    let client = admin.api().clients.row_of(&permit, &client).await?;
    admin.api().grants.withdraw(&permit, id, client).await?;
    Ok(HttpResponse::NoContent().finish())
}
