//! Rotating a signing key now.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_domain::KeyAlgorithm;
use gatelodge_usecases::admin::KeysWrite;
use gatelodge_usecases::keys::RotationReason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::body::read;
use crate::admin::fields::word;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// A rotation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationBody {
    /// The algorithm whose key is replaced.
    #[schema(example = "ES256")]
    alg: String,
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
}

/// Replaces the active key of an algorithm, without a restart and without breaking a token in
/// flight, unless the old key is compromised.
#[utoipa::path(
    tag = "Keys",
    operation_id = "rotate_key",
    request_body = RotationBody,
    responses((status = 200, description = "The key is replaced.", body = RotationAnswer)),
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
    let algorithms = "ES256, RS256, PS256, EdDSA";
    let algorithm = word("alg", &body.alg, KeyAlgorithm::parse, algorithms)?;
    let reason = if body.compromised {
        RotationReason::Compromised
    } else {
        RotationReason::Routine
    };
    let dropped = admin.api().keys.rotate(&permit, algorithm, reason).await?;
    Ok(shown(&RotationAnswer { dropped }))
}
