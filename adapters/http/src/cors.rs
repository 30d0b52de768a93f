//! Which web pages may read an answer (Fetch, "CORS protocol").
//!
//! Discovery and JWKS are for any origin. The token, userinfo and revocation endpoints answer
//! pages of the identified client's own origins. A preflight names no client, and neither do
//! some errors: those are for every origin that some enabled client of the realm has. Never
//! with credentials, and nothing at all on the admin port.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Route, web};
use gatelodge_domain::{Client, Origin};
use gatelodge_usecases::realms::Listener;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::errors::HttpError;
use crate::request::IssuerRequest;

/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_MAX_AGE: &str = "600";
/// What pages may send beside the headers that need no leave.
const ALLOWED_HEADERS: &str = "authorization, content-type, if-none-match";
/// What pages may read beside the headers that need no leave.
const EXPOSED_HEADERS: &str = "etag, retry-after, www-authenticate, x-request-id";

/// For whose pages an answer is.
#[derive(Clone, Copy)]
pub enum Readers<'a> {
    /// Everybody's: it is public.
    Anybody,
    /// Those of the client that the request identified.
    Of(&'a Client),
    /// Those of any client of the realm: none was identified.
    AnyClient,
}

/// Adds the headers by which a browser lets a page read the answer.
pub async fn share(
    issuer: &IssuerRequest,
    request: &HttpRequest,
    readers: Readers<'_>,
    mut response: HttpResponse,
) -> HttpResponse {
    if issuer.state.listener == Listener::Admin {
        return response;
    }
    let origin = origin_of(request);
    let allowed = match (readers, origin) {
        (Readers::Anybody, _) => Some(HeaderValue::from_static("*")),
        (_, None) => None,
        (Readers::Of(client), Some(origin)) => client
            .allows_origin(&origin)
            .then(|| HeaderValue::from_str(origin.as_str()).ok())
            .flatten(),
        (Readers::AnyClient, Some(origin)) => match any_client(issuer, &origin).await {
            Ok(true) => HeaderValue::from_str(origin.as_str()).ok(),
            // It has been logged; the page simply may not read the answer.
            Ok(false) | Err(_) => None,
        },
    };
    let headers = response.headers_mut();
    if !matches!(readers, Readers::Anybody) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(allowed) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED_HEADERS),
        );
    }
    response
}

/// The page's origin, where the request comes from one that could be allowed.
pub fn origin_of(request: &HttpRequest) -> Option<Origin> {
    let value = request.headers().get(header::ORIGIN)?.to_str().ok()?;
    Origin::parse(value).ok()
}

async fn any_client(issuer: &IssuerRequest, origin: &Origin) -> Result<bool, HttpError> {
    let directory = &issuer.foundation().directory;
    let origins = directory.allowed_origins(issuer.realm.realm.id).await?;
    Ok(origins.contains(origin))
}

/// Who an endpoint is for, as far as a preflight can know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Everybody's pages.
    Public,
    /// Pages of the realm's clients.
    Clients,
    /// No pages.
    Nobody,
}

/// Answers `OPTIONS` on a path, and every method that it does not have with 405. To be mounted
/// after its handlers.
pub fn mount(config: &mut ServiceConfig<'_>, path: &str, methods: &'static str, sharing: Sharing) {
    let options: Route = web::method(Method::OPTIONS).to(
        move |issuer: IssuerRequest, request: HttpRequest| async move {
            options(&issuer, &request, methods, sharing).await
        },
    );
    let rest: Route = web::to(move || async move {
        HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED)
            .insert_header((header::ALLOW, allow(methods)))
            .finish()
    });
    config.route(path, options).route(path, rest);
}

async fn options(
    issuer: &IssuerRequest,
    request: &HttpRequest,
    methods: &'static str,
    sharing: Sharing,
) -> HttpResponse {
    let response = HttpResponse::NoContent()
        .insert_header((header::ALLOW, allow(methods)))
        .finish();
    let readers = match sharing {
        Sharing::Nobody => return response,
        Sharing::Public => Readers::Anybody,
        Sharing::Clients => Readers::AnyClient,
    };
    let mut response = share(issuer, request, readers, response).await;
    let headers = response.headers_mut();
    headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        permit(headers, methods);
    }
    response
}

fn permit(headers: &mut HeaderMap, methods: &'static str) {
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn allow(methods: &str) -> String {
    format!("{methods}, OPTIONS")
}
