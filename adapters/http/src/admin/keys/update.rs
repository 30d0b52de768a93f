//! Moving a signing key on: deciding when it signs, activating, retiring and removing it.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_domain::signing_key::RemovalReason;
use gatelodge_usecases::admin::{KeysWrite, Refusal};
use gatelodge_usecases::keys::KeyStep;

use super::read::NO_KEY;
use super::representation::{KeyAnswer, KeyBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::fields::moment;
use crate::admin::request::{AdminRequest, path_id, shown_at};
use crate::problem::Problem;

/// Moves a key on. `activates_at` decides when a `next` key begins to sign. `state: active` lets
/// it sign now, which 409 refuses until it has been in the JWKS for five minutes; `state:
/// retired` stops the one that signs where another can follow. `state: removed` takes a `next`
/// key away, and with `removal_reason: compromised` any key at once: every token that it signed
/// is void, and another key follows.
#[utoipa::path(
    tag = "Keys",
    operation_id = "update_key",
    request_body(
        content = KeyBody,
        content_type = "application/merge-patch+json",
        description = "The step.",
        example = json!({"state": "removed", "removal_reason": "compromised"}),
    ),
    responses(
        (status = 200, description = "The key as it is now.", body = KeyAnswer),
        (status = 409, description = "The key cannot go there now."),
    ),
    security(("bearer" = ["keys:write"])),
)]
#[patch("/realms/{realm}/keys/{key}")]
pub(crate) async fn update_key(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, key) = target.into_inner();
    let permit = admin.permit::<KeysWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    let id = path_id(&key, NO_KEY)?;
    let keys = &admin.api().keys;
    let facts = keys.get(&permit, id).await?;
    admin.if_match(facts.key.revision)?;
    let was = KeyBody::of(&facts);
    let wanted = merge(&was, &KeyAnswer::of(&facts), patch)?;
    let facts = match step(&was, &wanted)? {
        Some(step) => keys.step(&permit, id, step).await?,
        None => facts,
    };
    Ok(shown_at(facts.key.revision, &KeyAnswer::of(&facts)))
}

/// The step that was meant; `None` where nothing changes.
fn step(was: &KeyBody, wanted: &KeyBody) -> Result<Option<KeyStep>, Refusal> {
    let moves = was.state != wanted.state;
    let waits = was.activates_at != wanted.activates_at;
    let reason = was.removal_reason != wanted.removal_reason;
    if waits && wanted.state != "next" {
        return Err(Refusal::field(
            "activates_at",
            "only a key that is `next` waits for a moment",
        ));
    }
    if reason && wanted.state != "removed" {
        return Err(Refusal::field(
            "removal_reason",
            "this belongs to `state: removed`",
        ));
    }
    Ok(Some(match wanted.state.as_str() {
        _ if !moves && !waits && !reason => return Ok(None),
        "next" if !moves => {
            let at = wanted.activates_at.as_deref();
            KeyStep::Schedule(at.map(|text| moment("activates_at", text)).transpose()?)
        }
        "active" => KeyStep::Activate,
        "retired" => KeyStep::Retire,
        "removed" if moves => KeyStep::Remove(match wanted.removal_reason.as_deref() {
            None | Some("expired") => RemovalReason::Expired,
            Some("compromised") => RemovalReason::Compromised,
            Some(_) => {
                return Err(Refusal::field(
                    "removal_reason",
                    "use one of: expired, compromised",
                ));
            }
        }),
        "removed" => {
            return Err(Refusal::field(
                "removal_reason",
                "what is removed stays as it is",
            ));
        }
        "next" => {
            return Err(Refusal::field("state", "no key becomes `next` again"));
        }
        _ => {
            return Err(Refusal::field(
                "state",
                "use one of: next, active, retired, removed",
            ));
        }
    }))
}
