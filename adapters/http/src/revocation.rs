//! `POST /oauth2/revoke` (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, post};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::client_call;
use crate::cors::{self, Sharing};
use crate::errors::OAuthError;
use crate::form::Form;
use crate::request::IssuerRequest;

/// Adds the endpoint.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(revoke);
    cors::mount(config, "/oauth2/revoke", "POST", Sharing::Clients);
}

/// A revocation request.
#[derive(ToSchema)]
pub struct RevocationRequest {
    /// The access or refresh token.
    #[schema(example = "gl_rt_b25jZSBpcyBlbm91Z2g")]
    pub token: String,
    /// Not needed: a token shows what it is.
    #[schema(example = "refresh_token")]
    pub token_type_hint: Option<String>,
    /// The client, unless it names itself in the `Authorization` header.
    pub client_id: Option<String>,
    /// Its secret, where it is registered for `client_secret_post`.
    pub client_secret: Option<String>,
}

/// Ends a token of the client: an access token alone, a refresh token with all that was made
/// from the same authorization. A token that is unknown or another client's is answered alike.
#[utoipa::path(
    tag = "OAuth",
    operation_id = "revoke",
    request_body(content = RevocationRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token does not work, or no longer."),
        (status = 400, description = "`invalid_request`: `token` is missing or the body is no form.", body = OAuthError,
            example = json!({ "error": "invalid_request", "error_description": "token is missing" })),
        (status = 401, description = "`invalid_client`: the client did not prove itself.", body = OAuthError,
            headers(("WWW-Authenticate" = String, description = "How to authenticate.")),
            example = json!({ "error": "invalid_client", "error_description": "the client is unknown, disabled, or did not prove itself by its registered method" })),
        (status = 429, description = "`too_many_requests`: too many requests of this client failed to prove it.", body = OAuthError,
            headers(("Retry-After" = String, description = "Seconds to wait."))),
        (status = 503, description = "`temporarily_unavailable`: the token still exists, come back shortly.", body = OAuthError,
            headers(("Retry-After" = String, description = "Seconds to wait."))),
    ),
    security((), ("client_secret_basic" = []))
)]
#[post("/oauth2/revoke")]
async fn revoke(issuer: IssuerRequest, request: HttpRequest, form: Form) -> HttpResponse {
    let endpoint = &issuer.state.use_cases.revocation;
    client_call::answer(&issuer, &request, form, async |client_request| {
        endpoint
            .revoke(&issuer.realm, &client_request, &issuer.facts)
            .await?;
        Ok(HttpResponse::Ok().finish())
    })
    .await
}
