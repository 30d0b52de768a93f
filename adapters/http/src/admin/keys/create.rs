//! Bringing a signing key in from elsewhere.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_domain::{KeyAlgorithm, SecretText};
use gatelodge_usecases::admin::{KeysWrite, Refusal};
use gatelodge_usecases::keys::ImportedKey;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ALGORITHMS;
use super::representation::KeyAnswer;
use crate::admin::body::read;
use crate::admin::fields::{moment, word};
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// A key from elsewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKeyBody {
    /// What it shall sign with.
    #[schema(example = "ES256")]
    alg: String,
    /// The private key: one PKCS #8 key as PEM, without a passphrase. ES256 takes P-256, EdDSA
    /// Ed25519, RS256 and PS256 RSA of 2048 to 4096 bits.
    #[schema(format = Password, max_length = 16_384)]
    private_key: String,
    /// When it begins to sign; when the active one is worn without.
    #[serde(default)]
    #[schema(format = DateTime, example = "2126-01-31T12:00:00Z")]
    activates_at: Option<String>,
}

/// Brings a signing key in from elsewhere. It enters the JWKS as `next`; the private half is
/// never shown again.
#[utoipa::path(
    tag = "Keys",
    operation_id = "create_key",
    request_body(
        content = NewKeyBody,
        example = json!({
            "alg": "ES256",
            "private_key": "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n",
        }),
    ),
    responses(
        (status = 201, description = "The key.", body = KeyAnswer),
        (status = 409, description = "The realm has, or had, this very key."),
    ),
    security(("bearer" = ["keys:write"])),
)]
#[post("/realms/{realm}/keys")]
pub(crate) async fn create_key(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<KeysWrite>(&realm).await?;
    let new = read::<NewKeyBody>(&admin.http, &body)?.imported()?;
    let facts = admin.api().keys.import(&permit, new).await?;
    let id = facts.key.id.to_string();
    Ok(created(
        &admin,
        &id,
        facts.key.revision,
        &KeyAnswer::of(&facts),
    ))
}

impl NewKeyBody {
    fn imported(self) -> Result<ImportedKey, Refusal> {
        let pem = SecretText::new(self.private_key);
        let at = self.activates_at.as_deref();
        Ok(ImportedKey {
            algorithm: word("alg", &self.alg, KeyAlgorithm::parse, ALGORITHMS)?,
            pem,
            from: at.map(|text| moment("activates_at", text)).transpose()?,
        })
    }
}
