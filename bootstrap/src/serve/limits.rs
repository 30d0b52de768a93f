//! What one request may cost: length of its target, size of its headers and body, and time. The
//! log line of a request is written here too.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};
use gatelodge_http::request::RequestId;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use crate::settings::Limits;

/// Guards every request of a listener.
pub(crate) async fn guard(
    limits: web::Data<Limits>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map_or_else(String::new, |id| id.0.clone());
    let span = tracing::info_span!("request", id);
    let method = request.method().clone();
    let began = Instant::now();
    let answered = async {
        if let Some(status) = excess(&limits, &request) {
            let refused = HttpResponse::build(status)
                .content_type("text/plain; charset=utf-8")
                .body("The request is larger than this server allows.\n");
            return Ok(request.into_response(refused));
        }
        match timeout(limits.request, next.call(request)).await {
            Ok(answer) => Ok(answer?.map_into_boxed_body()),
            Err(_) => Err(too_late()),
        }
    };
    let answer = answered.instrument(span.clone()).await;
    let _inside = span.enter();
    match &answer {
        Ok(response) => {
            let status = response.status();
            // The pattern and not the path: what a stranger writes there is not ours to keep.
            let route = response.request().match_pattern();
            let route = route.as_deref().unwrap_or("-");
            let ms = began.elapsed().as_millis();
            if status.is_server_error() {
                tracing::warn!(%method, route, status = status.as_u16(), ms, "answered");
            } else {
                tracing::debug!(%method, route, status = status.as_u16(), ms, "answered");
            }
        }
        Err(error) => tracing::warn!(%method, "not answered: {error}"),
    }
    answer
}

fn excess(limits: &Limits, request: &ServiceRequest) -> Option<StatusCode> {
    let target = request.uri().path_and_query();
    if target.is_some_and(|target| target.as_str().len() > limits.uri) {
        return Some(StatusCode::URI_TOO_LONG);
    }
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if headers > limits.headers {
        return Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let body = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0);
    (body > limits.body as u64).then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

fn too_late() -> Error {
    let answer = HttpResponse::ServiceUnavailable()
        .insert_header((header::RETRY_AFTER, "1"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .content_type("text/plain; charset=utf-8")
        .body("The request took too long.\n");
    InternalError::from_response("the request took too long", answer).into()
}
