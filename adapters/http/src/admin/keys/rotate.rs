//! Rotating a signing key.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_domain::KeyAlgorithm;
use gatelodge_domain::signing_key::RemovalReason;
use gatelodge_usecases::admin::KeysWrite;
use gatelodge_usecases::keys::Rotation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ALGORITHMS;
use crate::admin::body::read;
use crate::admin::fields::word;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;
use crate::time;

/// A rotation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationBody {
    /// The algorithm whose key is replaced.
    #[schema(example = "ES256")]
    alg: String,
    /// Whether the next key signs now, even where it has not been in the JWKS for five minutes
    /// and whoever read that document lately does not know it.
    #[serde(default)]
    #[schema(example = false)]
    at_once: bool,
    /// Whether the old keys may be in wrong hands: they then leave the JWKS at once, and every
    /// token that they signed is void.
    #[serde(default)]
    #[schema(example = false)]
    compromised: bool,
}

/// What a rotation did.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotationAnswer {
    /// How many keys left the JWKS at once; tokens that they signed verify nowhere any more.
    #[schema(example = 0)]
    dropped: usize,
    /// From when on the next key signs: now, or when it has been in the JWKS for five minutes.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    signs_at: String,
}

/// Replaces the active key of an algorithm, without a restart and without breaking a token in
/// flight, unless the old key is compromised.
#[utoipa::path(
    tag = "Keys",
    operation_id = "rotate_key",
    request_body = RotationBody,
    responses((status = 200, description = "The key is replaced, or will be.", body = RotationAnswer)),
    security(("bearer" = ["keys:write"])),
)]
#[post("/realms/{realm}/keys/rotations")]
pub(crate) async fn rotate_key(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<KeysWrite>(&realm).await?;
    let body: RotationBody = read(&admin.http, &body)?;
    let algorithm = word("alg", &body.alg, KeyAlgorithm::parse, ALGORITHMS)?;
    let how = if body.compromised {
        Rotation::Removing(RemovalReason::Compromised)
    } else if body.at_once {
        Rotation::AtOnce
    } else {
        Rotation::WhenAnnounced
    };
    let rotated = admin.api().keys.rotate(&permit, algorithm, how).await?;
    Ok(shown(&RotationAnswer {
        dropped: rotated.dropped,
        signs_at: time::to_text(rotated.signs_at),
    }))
}
