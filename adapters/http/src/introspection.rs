//! `POST /oauth2/introspect` (RFC 7662). For servers: no web page may read its answers.

use actix_web::{HttpRequest, HttpResponse, post};
use gatelodge_usecases::client_authentication::ClientRequest;
use gatelodge_usecases::introspection::Introspection;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::client_call::{authorization, refuse};
use crate::cors::{self, Sharing};
use crate::errors::{HttpError, OAuthError};
use crate::form::Form;
use crate::request::IssuerRequest;

/// Adds the endpoint.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(introspect);
    cors::mount(config, "/oauth2/introspect", "POST", Sharing::Nobody);
}

/// An introspection request.
#[derive(ToSchema)]
pub struct IntrospectionRequest {
    /// The access or refresh token.
    #[schema(example = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln")]
    pub token: String,
    /// Not needed: a token shows what it is.
    #[schema(example = "access_token")]
    pub token_type_hint: Option<String>,
    /// The caller, unless it names itself in the `Authorization` header.
    pub client_id: Option<String>,
    /// Its secret, where it is registered for `client_secret_post`.
    pub client_secret: Option<String>,
}

/// What is known of a token (RFC 7662 §2.2). Only `active` is there when it is not good, or
/// not within the caller's reach.
//
// As the documents show it; what is sent is a `Told`.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
pub struct IntrospectionResponse {
    /// Whether the token is good.
    #[schema(example = true)]
    pub active: bool,
    /// What it may be used for, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "openid profile")]
    pub scope: Option<String>,
    /// Whom it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gatelodge-docs")]
    pub client_id: Option<String>,
    /// `Bearer` for access tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bearer")]
    pub token_type: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_800_000_900)]
    pub exp: Option<i64>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_800_000_000)]
    pub iat: Option<i64>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "u_mfrggzdfmztwq2lknnwg23tpob")]
    pub sub: Option<String>,
    /// For whom it is: text, or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Value>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://id.example")]
    pub iss: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The authorization it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<String>,
    /// The browser sign-in it was made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Further claims of the token.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// The answer: the claims as the token has them, which need no form in between.
#[derive(Serialize)]
struct Told {
    active: bool,
    #[serde(flatten)]
    claims: Map<String, Value>,
}

/// Tells a resource server whether a token is good.
#[utoipa::path(
    tag = "OAuth",
    operation_id = "introspect",
    request_body(content = IntrospectionRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What is known of the token.", body = IntrospectionResponse,
            example = json!({ "active": false })),
        (status = 400, description = "`invalid_request`: `token` is missing or the body is no form.", body = OAuthError,
            example = json!({ "error": "invalid_request", "error_description": "token is missing" })),
        (status = 401, description = "`invalid_client`: the caller did not prove itself, or is a public client.", body = OAuthError,
            headers(("WWW-Authenticate" = String, description = "How to authenticate.")),
            example = json!({ "error": "invalid_client", "error_description": "only a client that authenticates may introspect" })),
        (status = 429, description = "`too_many_requests`: too many requests of this client failed to prove it.", body = OAuthError,
            headers(("Retry-After" = String, description = "Seconds to wait."))),
        (status = 503, description = "`temporarily_unavailable`: it cannot be told right now.", body = OAuthError,
            headers(("Retry-After" = String, description = "Seconds to wait."))),
    ),
    security((), ("client_secret_basic" = []))
)]
#[post("/oauth2/introspect")]
async fn introspect(issuer: IssuerRequest, request: HttpRequest, form: Form) -> HttpResponse {
    match answer(&issuer, &request, form).await {
        Ok(response) => HttpResponse::Ok()
            .insert_header(("cache-control", "no-store"))
            .json(response),
        Err(error) => refuse(&issuer, &error),
    }
}

async fn answer(
    issuer: &IssuerRequest,
    request: &HttpRequest,
    form: Form,
) -> Result<Told, HttpError> {
    let parameters = form.0?;
    let authorization = authorization(request);
    let client_request = ClientRequest {
        authorization: authorization.as_deref(),
        parameters: &parameters,
    };
    let endpoint = &issuer.state.use_cases.introspection;
    let told = endpoint
        .introspect(&issuer.realm, &client_request, &issuer.facts)
        .await?;
    Ok(match told {
        Introspection::Inactive => Told {
            active: false,
            claims: Map::new(),
        },
        Introspection::Active(claims) => Told {
            active: true,
            claims,
        },
    })
}
