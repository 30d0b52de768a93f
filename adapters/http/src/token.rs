//! `POST /oauth2/token` (RFC 6749 §3.2).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post};
use gatelodge_usecases::token::TokenAnswer;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::client_call;
use crate::cors::{self, Sharing};
use crate::errors::OAuthError;
use crate::form::Form;
use crate::request::IssuerRequest;

/// Adds the endpoint.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(token);
    cors::mount(config, "/oauth2/token", "POST", Sharing::Clients);
}

/// A token request. Which fields are needed depends on `grant_type`.
#[derive(ToSchema)]
pub struct TokenRequest {
    /// `authorization_code`, `refresh_token`, `client_credentials` or `password`.
    #[schema(example = "authorization_code")]
    pub grant_type: String,
    /// The client, unless it names itself in the `Authorization` header.
    #[schema(example = "gatelodge-docs")]
    pub client_id: Option<String>,
    /// Its secret, where it is registered for `client_secret_post`.
    pub client_secret: Option<String>,
    /// `authorization_code`: the code.
    #[schema(example = "gl_ac_Zm9yIHlvdXIgZXllcyBvbmx5")]
    pub code: Option<String>,
    /// `authorization_code`: where the code was sent, where the authorization request said so.
    #[schema(example = "https://app.example/callback")]
    pub redirect_uri: Option<String>,
    /// `authorization_code`: what the challenge was made of (RFC 7636).
    #[schema(example = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")]
    pub code_verifier: Option<String>,
    /// `refresh_token`: the token.
    pub refresh_token: Option<String>,
    /// `password`: the person's name.
    pub username: Option<String>,
    /// `password`: the person's password.
    #[schema(format = Password)]
    pub password: Option<String>,
    /// What is asked for, separated by spaces; never more than was granted before.
    #[schema(example = "openid profile")]
    pub scope: Option<String>,
    /// For which API the access token is to be (RFC 8707); may be repeated.
    #[schema(example = "https://api.example")]
    pub resource: Option<String>,
}

/// Tokens (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// The access token, a JWT by RFC 9068.
    #[schema(example = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln")]
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// For how many seconds the access token is good.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// Buys the next tokens, for a client registered for it. A new one comes with each use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gl_rt_b25jZSBpcyBlbm91Z2g")]
    pub refresh_token: Option<String>,
    /// Says who signed in, where `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln")]
    pub id_token: Option<String>,
    /// What was granted, which may be less than was asked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(example = "openid profile")]
    pub scope: String,
}

impl From<TokenAnswer> for TokenResponse {
    fn from(answer: TokenAnswer) -> Self {
        Self {
            access_token: answer.access_token.expose().clone(),
            token_type: "Bearer",
            expires_in: answer.expires_in,
            refresh_token: answer.refresh_token.map(|secret| secret.expose().clone()),
            id_token: answer.id_token.map(|secret| secret.expose().clone()),
            scope: answer.scopes.to_string(),
        }
    }
}

/// Trades a code, a refresh token, or the client's own proof for tokens.
#[utoipa::path(
    tag = "OAuth",
    operation_id = "token",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Tokens.", body = TokenResponse),
        (status = 400, description = "`invalid_request`, `invalid_grant`, `unauthorized_client`, `unsupported_grant_type`, `invalid_scope` or `invalid_target`.", body = OAuthError,
            example = json!({ "error": "invalid_grant", "error_description": "the code is unknown, expired, used already, or not for this client" })),
        (status = 401, description = "`invalid_client`: the client did not prove itself.", body = OAuthError,
            headers(("WWW-Authenticate" = String, description = "How to authenticate.")),
            example = json!({ "error": "invalid_client", "error_description": "the client is unknown, disabled, or did not prove itself by its registered method" })),
        (status = 429, description = "`too_many_requests`: too many failed sign-ins by `password`, or too many requests of this client failed to prove it.", body = OAuthError,
            headers(("Retry-After" = String, description = "Seconds to wait."))),
        (status = 503, description = "`temporarily_unavailable`: come back shortly.", body = OAuthError,
            headers(("Retry-After" = String, description = "Seconds to wait."))),
    ),
    security((), ("client_secret_basic" = []))
)]
#[post("/oauth2/token")]
async fn token(issuer: IssuerRequest, request: HttpRequest, form: Form) -> HttpResponse {
    let endpoint = &issuer.state.use_cases.token;
    client_call::answer(&issuer, &request, form, async |client_request| {
        let answer = endpoint
            .exchange(&issuer.realm, &client_request, &issuer.facts)
            .await?;
        Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .json(TokenResponse::from(answer)))
    })
    .await
}
