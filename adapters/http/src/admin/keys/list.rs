//! Listing signing keys.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::SigningKey;
use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_usecases::admin::KeysRead;
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;
use crate::time;

/// A signing key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Its `kid` in the JWKS.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    kid: String,
    /// What it signs with.
    #[schema(example = "ES256")]
    alg: &'static str,
    /// `next`, `active`, `retired` or `removed`.
    #[schema(example = "active")]
    state: &'static str,
    /// Since when; `next` keys have been there since `created_at`.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    since: Option<String>,
    /// Until when a retired key verifies.
    #[schema(format = DateTime, example = "2026-02-01T12:00:00.000Z")]
    until: Option<String>,
    /// Why it was removed: `expired` or `compromised`.
    #[schema(example = "expired")]
    removal_reason: Option<&'static str>,
    /// When it was made, which is when it entered the JWKS.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
}

impl KeyAnswer {
    pub(super) fn of(key: &SigningKey) -> Self {
        let (state, since, until, removal_reason) = match key.state {
            KeyState::Next => ("next", None, None, None),
            KeyState::Active { since } => ("active", Some(since), None, None),
            KeyState::Retired { since, until } => ("retired", Some(since), Some(until), None),
            KeyState::Removed { since, reason } => {
                let reason = match reason {
                    RemovalReason::Expired => "expired",
                    RemovalReason::Compromised => "compromised",
                };
                ("removed", Some(since), None, Some(reason))
            }
        };
        Self {
            id: key.id.to_string(),
            kid: key.key_id.as_str().to_owned(),
            alg: key.algorithm.as_str(),
            state,
            since: since.map(time::to_text),
            until: until.map(time::to_text),
            removal_reason,
            created_at: time::to_text(key.created_at),
        }
    }
}

/// Lists the realm's signing keys in any state.
#[utoipa::path(
    tag = "Keys",
    operation_id = "list_keys",
    responses((status = 200, description = "All of the realm's keys.", body = Page<KeyAnswer>)),
    security(("bearer" = ["keys:read"])),
)]
#[get("/realms/{realm}/keys")]
pub(crate) async fn list_keys(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<KeysRead>(&realm).await?;
    let keys = admin.api().keys.list(&permit).await?;
    Ok(shown(&Page {
        items: keys.iter().map(KeyAnswer::of).collect(),
        next_cursor: None,
    }))
}
