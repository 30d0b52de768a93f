//! What holds for every answer: a request id, hardening headers, the check that a request is for
//! the host it should be for, and that a node which is leaving closes the connection with it.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use gatelodge_domain::Id;

use crate::origin::{client_address, requested_authority};
use crate::request::RequestId;
use crate::state::{HttpState, Transport};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Paths that load balancers and scrapers ask for by address.
const ANY_HOST: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Wraps every request of a listener.
pub async fn harden(
    state: web::Data<HttpState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let foundation = &state.foundation;
    let id = Id::<()>::new(foundation.clock.now(), foundation.rng.bytes()).to_string();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = if !may_enter(&state, &request) {
        let refused = HttpResponse::Forbidden()
            .content_type("text/plain; charset=utf-8")
            .body("This port is not open to your network.\n");
        request.into_response(refused)
    } else if is_for_us(&state, &request) {
        next.call(request).await?.map_into_boxed_body()
    } else {
        let refused = HttpResponse::MisdirectedRequest()
            .content_type("text/plain; charset=utf-8")
            .body("This host name is not the one that this server is set up for.\n");
        request.into_response(refused)
    };
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    if state.transport == Transport::Https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    if foundation.nodes.is_leaving() {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

fn may_enter(state: &HttpState, request: &ServiceRequest) -> bool {
    ANY_HOST.contains(&request.path())
        || state
            .gate
            .admits(client_address(request.request(), &state.trusted_proxies))
}

fn is_for_us(state: &HttpState, request: &ServiceRequest) -> bool {
    ANY_HOST.contains(&request.path())
        || requested_authority(request.request(), &state.trusted_proxies)
            .is_some_and(|authority| authority == state.authority)
}
