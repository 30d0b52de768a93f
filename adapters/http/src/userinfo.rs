//! `GET` and `POST /oauth2/userinfo` (OpenID Connect Core §5.3), with a bearer token in the
//! `Authorization` header or the body, never in the query (RFC 6750 §2).

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, get, post};
use gatelodge_usecases::tokens::AcceptedToken;
use gatelodge_usecases::userinfo::UserinfoAnswer;
use gatelodge_usecases::{Denial, ErrorCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::client_call::authorization;
use crate::cors::{self, Readers, Sharing};
use crate::errors::{HttpError, OAuthError};
use crate::form::{Form, is_form};
use crate::request::IssuerRequest;

const TWO_TOKENS: Denial = Denial::new(
    ErrorCode::InvalidRequest,
    "the access token is sent in more than one way",
);

/// Adds the endpoint.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(get_userinfo).service(post_userinfo);
    cors::mount(config, "/oauth2/userinfo", "GET, POST", Sharing::Clients);
}

/// The body of a POST, where the token is not in the `Authorization` header.
#[derive(ToSchema)]
pub struct UserinfoRequest {
    /// The access token.
    pub access_token: Option<String>,
}

/// Claims about a person; beside `sub`, those that were granted and are known.
#[derive(Serialize, ToSchema)]
pub struct Userinfo {
    /// The person, as in the ID token.
    #[schema(example = "u_mfrggzdfmztwq2lknnwg23tpob")]
    pub sub: String,
    /// `profile`: the name in full.
    #[schema(example = "Ada Lovelace")]
    pub name: Option<String>,
    /// `profile`: the user name.
    #[schema(example = "ada")]
    pub preferred_username: Option<String>,
    /// `profile`: when any of this last changed, in seconds since 1970.
    #[schema(example = 1_800_000_000)]
    pub updated_at: Option<i64>,
    /// `email`: the mail address.
    #[schema(example = "ada@example.org")]
    pub email: Option<String>,
    /// `email`: whether somebody proved that it is theirs.
    #[schema(example = true)]
    pub email_verified: Option<bool>,
    /// `roles`: their roles.
    pub roles: Option<Vec<String>>,
    /// `groups`: their groups.
    pub groups: Option<Vec<String>>,
    /// `entitlements`: what their roles allow.
    pub entitlements: Option<Vec<String>>,
}

/// What the client may know of the person who let it.
#[utoipa::path(
    tag = "OpenID Connect",
    operation_id = "userinfo",
    responses(
        (status = 200, description = "Claims, or a signed JWT of them for a client that registered `userinfo_signed_response_alg`.",
            content((Userinfo = "application/json"), (String = "application/jwt"))),
        (status = 400, description = "`invalid_request`: the token is sent in more than one way.", body = OAuthError),
        (status = 401, description = "`invalid_token`, or no token at all; the header says which (RFC 6750 §3.1)."),
        (status = 403, description = "`insufficient_scope`: the token is without `openid`.", body = OAuthError,
            headers(("WWW-Authenticate" = String, description = "Names the scope that is needed."))),
        (status = 503, description = "`temporarily_unavailable`: it cannot be told right now.", body = OAuthError),
    ),
    security(("bearer" = []))
)]
#[get("/oauth2/userinfo")]
async fn get_userinfo(issuer: IssuerRequest, request: HttpRequest) -> HttpResponse {
    let token = bearer(&request);
    answer(&issuer, &request, Ok(token)).await
}

/// The same as `GET`; the token may be in the body instead.
#[utoipa::path(
    tag = "OpenID Connect",
    operation_id = "userinfo_by_post",
    request_body(content = UserinfoRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "As for `GET`.",
            content((Userinfo = "application/json"), (String = "application/jwt"))),
        (status = 400, description = "`invalid_request`: the body does not parse, or the token is sent in more than one way.", body = OAuthError),
        (status = 401, description = "As for `GET`."),
        (status = 403, description = "`insufficient_scope`: the token is without `openid`.", body = OAuthError),
        (status = 503, description = "`temporarily_unavailable`: it cannot be told right now.", body = OAuthError),
    ),
    security(("bearer" = []))
)]
#[post("/oauth2/userinfo")]
async fn post_userinfo(issuer: IssuerRequest, request: HttpRequest, form: Form) -> HttpResponse {
    let token = posted(&request, form);
    answer(&issuer, &request, token).await
}

/// The token of a POST. A body that is no form counts as none (RFC 6750 §2.2).
fn posted(request: &HttpRequest, form: Form) -> Result<Option<String>, Denial> {
    let in_header = bearer(request);
    if !is_form(request) {
        return Ok(in_header);
    }
    let parameters = form.0?;
    match (in_header, parameters.one("access_token")?) {
        (Some(_), Some(_)) => Err(TWO_TOKENS),
        (in_header, in_body) => Ok(in_header.or_else(|| in_body.map(str::to_owned))),
    }
}

/// The token in `Authorization: Bearer` (RFC 6750 §2.1).
fn bearer(request: &HttpRequest) -> Option<String> {
    let header = authorization(request)?;
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("Bearer")
        .then(|| token.trim().to_owned())
}

async fn answer(
    issuer: &IssuerRequest,
    request: &HttpRequest,
    token: Result<Option<String>, Denial>,
) -> HttpResponse {
    let endpoint = &issuer.state.use_cases.userinfo;
    let accepted = match token {
        Err(denial) => Err(denial.into()),
        Ok(None) => {
            let unasked = challenge(issuer, HttpResponse::Unauthorized().finish(), "");
            return cors::share(issuer, request, Readers::AnyClient, unasked).await;
        }
        Ok(Some(token)) => endpoint
            .accept(&issuer.realm, &token)
            .await
            .map_err(HttpError::from),
    };
    match accepted {
        Err(error) => {
            let refused = refuse(issuer, &error);
            cors::share(issuer, request, Readers::AnyClient, refused).await
        }
        Ok(accepted) => {
            let answered = present(issuer, &accepted).await;
            let answered = answered.unwrap_or_else(|error| refuse(issuer, &error));
            cors::share(issuer, request, Readers::Of(&accepted.client), answered).await
        }
    }
}

async fn present(
    issuer: &IssuerRequest,
    accepted: &AcceptedToken,
) -> Result<HttpResponse, HttpError> {
    let endpoint = &issuer.state.use_cases.userinfo;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(match endpoint.answer(&issuer.realm, accepted).await? {
        UserinfoAnswer::Json(claims) => response.json(claims),
        UserinfoAnswer::Jwt(token) => response.content_type("application/jwt").body(token),
    })
}

/// An error with its challenge (RFC 6750 §3).
fn refuse(issuer: &IssuerRequest, error: &HttpError) -> HttpResponse {
    let response = error.error_response();
    let (code, description, _) = error.parts();
    let scope = match code {
        ErrorCode::InvalidToken | ErrorCode::InvalidRequest => "",
        ErrorCode::InsufficientScope => ", scope=\"openid\"",
        _ => return response,
    };
    let code = code.as_str();
    let details = format!(", error=\"{code}\", error_description=\"{description}\"{scope}");
    challenge(issuer, response, &details)
}

fn challenge(issuer: &IssuerRequest, mut response: HttpResponse, details: &str) -> HttpResponse {
    let value = format!("Bearer realm=\"{}\"{details}", issuer.realm.issuer);
    if let Ok(value) = HeaderValue::from_str(&value) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
