//! Discovery: `{issuer}/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §4) and
//! `/.well-known/oauth-authorization-server` before the issuer's path (RFC 8414 §3.1).

use core::time::Duration;
use std::sync::LazyLock;

use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, get, web};
use gatelodge_usecases::Failure;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cached::{self, READ};
use crate::cors::{self, Readers, Sharing};
use crate::errors::HttpError;
use crate::request::IssuerRequest;

/// How long others may keep the document.
static LIFETIME: LazyLock<HeaderValue> = LazyLock::new(|| cached::lifetime(Duration::from_mins(5)));

const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";

/// Adds the form that hangs under the issuer.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(openid_configuration)
        .route(OPENID_CONFIGURATION, web::head().to(document));
    cors::mount(config, OPENID_CONFIGURATION, READ, Sharing::Public);
}

/// Adds the form that hangs at the host's root, before the path of each issuer.
pub fn mount_at_root(config: &mut ServiceConfig<'_>, base_path: &str) {
    let root = format!("{AUTHORIZATION_SERVER}{base_path}");
    let realm = format!("{root}/realms/{{realm}}");
    if base_path.is_empty() {
        config
            .service(authorization_server)
            .service(authorization_server_of_realm);
    } else {
        config
            .route(&root, web::get().to(document))
            .route(&realm, web::get().to(document));
    }
    for path in [&root, &realm] {
        config.route(path, web::head().to(document));
        cors::mount(config, path, READ, Sharing::Public);
    }
}

/// What an issuer can do. Members that are not listed here are as the standards say.
#[derive(Serialize, ToSchema)]
pub struct ProviderMetadata {
    /// The issuer.
    #[schema(example = "https://id.example")]
    pub issuer: String,
    /// Where people are sent to sign in.
    #[schema(example = "https://id.example/oauth2/authorize")]
    pub authorization_endpoint: String,
    /// Where clients get tokens.
    #[schema(example = "https://id.example/oauth2/token")]
    pub token_endpoint: String,
    /// Where clients ask about a person.
    #[schema(example = "https://id.example/oauth2/userinfo")]
    pub userinfo_endpoint: String,
    /// Where resource servers ask about a token.
    #[schema(example = "https://id.example/oauth2/introspect")]
    pub introspection_endpoint: String,
    /// Where clients end a token.
    #[schema(example = "https://id.example/oauth2/revoke")]
    pub revocation_endpoint: String,
    /// The keys that verify tokens.
    #[schema(example = "https://id.example/oauth2/jwks")]
    pub jwks_uri: String,
    /// Where people are sent to sign out.
    #[schema(example = "https://id.example/oauth2/logout")]
    pub end_session_endpoint: String,
    /// `response_type`
    pub response_types_supported: Vec<String>,
    /// `response_mode`
    pub response_modes_supported: Vec<String>,
    /// `grant_type`
    pub grant_types_supported: Vec<String>,
    /// `prompt`
    pub prompt_values_supported: Vec<String>,
    /// `code_challenge_method`
    #[schema(example = json!(["S256"]))]
    pub code_challenge_methods_supported: Vec<String>,
    /// How clients prove themselves.
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// `alg` of ID tokens.
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// `scope`
    pub scopes_supported: Vec<String>,
    /// `resource`: the APIs that the realm lists (RFC 9728 §4), if there are any.
    #[schema(example = json!(["https://api.example"]))]
    pub protected_resources: Option<Vec<String>>,
    /// Claims of ID tokens and userinfo.
    pub claims_supported: Vec<String>,
    /// Whether answers of the authorization endpoint bear `iss` (RFC 9207).
    #[schema(example = true)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// What this issuer can do, in the form of OpenID Connect.
#[utoipa::path(
    tag = "Discovery",
    operation_id = "openid_configuration",
    responses(
        (status = 200, description = "The provider's metadata.", body = ProviderMetadata,
            headers(("ETag" = String, description = "Names this state of the document."), ("Cache-Control" = String, description = "For how long it may be kept."))),
        (status = 304, description = "The caller has this state already."),
    )
)]
#[get("/.well-known/openid-configuration")]
async fn openid_configuration(issuer: IssuerRequest, request: HttpRequest) -> HttpResponse {
    document(issuer, request).await
}

/// What the issuer without a path can do, in the form of OAuth.
#[utoipa::path(
    tag = "Discovery",
    operation_id = "oauth_authorization_server",
    responses((status = 200, description = "The provider's metadata.", body = ProviderMetadata))
)]
#[get("/.well-known/oauth-authorization-server")]
async fn authorization_server(issuer: IssuerRequest, request: HttpRequest) -> HttpResponse {
    document(issuer, request).await
}

/// What a realm's issuer can do, in the form of OAuth.
#[utoipa::path(
    tag = "Discovery",
    operation_id = "oauth_authorization_server_of_realm",
    params(("realm" = String, Path, description = "The realm's slug.", example = "acme")),
    responses(
        (status = 200, description = "The provider's metadata.", body = ProviderMetadata),
        (status = 404, description = "There is no such realm here."),
    )
)]
#[get("/.well-known/oauth-authorization-server/realms/{realm}")]
async fn authorization_server_of_realm(
    issuer: IssuerRequest,
    request: HttpRequest,
) -> HttpResponse {
    document(issuer, request).await
}

async fn document(issuer: IssuerRequest, request: HttpRequest) -> HttpResponse {
    let directory = &issuer.state.foundation.directory;
    let response = match directory.catalogue(&issuer.realm).await {
        Ok(catalogue) => {
            let discovery = &issuer.state.use_cases.discovery;
            let document = discovery.document(&issuer.realm, &catalogue);
            cached::json(&request, &document.bytes, &document.etag, &LIFETIME)
        }
        Err(error) => HttpError::from(Failure::from(error)).error_response(),
    };
    cors::share(&issuer, &request, Readers::Anybody, response).await
}
