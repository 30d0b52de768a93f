//! `GET /oauth2/jwks` (RFC 7517 §5).

use std::sync::LazyLock;

use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse, get, web};
use gatelodge_usecases::keys::JWKS_MAX_AGE;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cached::{self, READ};
use crate::cors::{self, Readers, Sharing};
use crate::errors::{HttpError, OAuthError};
use crate::request::IssuerRequest;

const PATH: &str = "/oauth2/jwks";

static LIFETIME: LazyLock<HeaderValue> = LazyLock::new(|| cached::lifetime(JWKS_MAX_AGE));

/// Adds the endpoint.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(jwks).route(PATH, web::head().to(key_set));
    cors::mount(config, PATH, READ, Sharing::Public);
}

/// A JSON Web Key Set.
#[derive(Serialize, ToSchema)]
pub struct JsonWebKeySet {
    /// The published keys: the active ones, their successors, and those whose tokens may still
    /// be in use.
    pub keys: Vec<JsonWebKey>,
}

/// A public key (RFC 7517 §4); which members are there depends on `kty`.
#[derive(Serialize, ToSchema)]
pub struct JsonWebKey {
    /// `EC`, `RSA` or `OKP`.
    #[schema(example = "EC")]
    pub kty: String,
    /// Always `sig`.
    #[schema(example = "sig")]
    pub r#use: String,
    /// `ES256`, `RS256`, `PS256` or `EdDSA`.
    #[schema(example = "ES256")]
    pub alg: String,
    /// The key's RFC 7638 thumbprint.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    pub kid: String,
    /// `EC` and `OKP`: the curve.
    #[schema(example = "P-256")]
    pub crv: Option<String>,
    /// `EC` and `OKP`: a coordinate, or the key.
    pub x: Option<String>,
    /// `EC`: the other coordinate.
    pub y: Option<String>,
    /// `RSA`: the modulus.
    pub n: Option<String>,
    /// `RSA`: the exponent.
    pub e: Option<String>,
}

/// The keys that verify this issuer's tokens.
#[utoipa::path(
    tag = "Discovery",
    operation_id = "jwks",
    responses(
        (status = 200, description = "The published keys. They may be kept for `max-age`.", body = JsonWebKeySet,
            headers(("ETag" = String, description = "Names this state of the set."), ("Cache-Control" = String, description = "For how long it may be kept."))),
        (status = 304, description = "The caller has this state already."),
        (status = 503, description = "`temporarily_unavailable`: come back shortly.", body = OAuthError),
    )
)]
#[get("/oauth2/jwks")]
async fn jwks(issuer: IssuerRequest, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    key_set(issuer, request).await
}

async fn key_set(issuer: IssuerRequest, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let rings = &issuer.foundation().key_rings;
    let ring = rings.of(issuer.realm.realm.id).await?;
    let document = &ring.document;
    let response = cached::json(&request, &document.bytes, &document.etag, &LIFETIME);
    Ok(cors::share(&issuer, &request, Readers::Anybody, response).await)
}
