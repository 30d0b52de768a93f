//! What one request may cost: length of its target, size of its headers and body, and time. The
//! log line of a request is written here too.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use gatelodge_http::errors::HttpError;
use gatelodge_http::shedding::is_streamed;
use gatelodge_http::trouble::{TROUBLES, Trouble};
use gatelodge_http::unserved::Asker;
use gatelodge_telemetry::Answered;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use super::seen::Seen;
use crate::settings::Limits;

/// Guards every request of a listener.
pub(crate) async fn guard(
    limits: web::Data<Limits>,
    seen: web::Data<Seen>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Kept for when the request itself is gone.
    let asker = Asker::of(request.request());
    let span = tracing::info_span!("request", id = %asker.request_id());
    let answered = answer(&limits, &seen, &asker, request, next);
    answered.instrument(span).await
}

async fn answer(
    limits: &Limits,
    seen: &Seen,
    asker: &Asker,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let traced = seen.begin(&request, asker.request_id());
    let method = request.method().clone();
    let began = Instant::now();
    let answered = async {
        if let Some(status) = excess(limits, &request) {
            let refused = asker.answer(HttpError::Unread(status));
            return Ok(request.into_response(refused));
        }
        let Ok(answer) = timeout(limits.request, next.call(request)).await else {
            return Err(too_late(asker));
        };
        Ok(answer?.map_into_boxed_body())
    };
    let answer = answered.instrument(traced.clone()).await;
    seen.end(&traced, &method, &answer).await;
    match &answer {
        Ok(response) => {
            let status = response.status();
            // The pattern and not the path: what a stranger writes there is not ours to keep.
            let route = response.request().match_pattern();
            let took = began.elapsed();
            seen.requests.note(&Answered {
                route: route.as_deref(),
                method: method.as_str(),
                status: status.as_u16(),
                took,
            });
            let route = route.as_deref().unwrap_or("-");
            let ms = took.as_millis();
            // Why there is no service is told once, where it is found out.
            if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
                tracing::warn!(%method, route, status = status.as_u16(), ms, "answered");
            } else {
                tracing::debug!(%method, route, status = status.as_u16(), ms, "answered");
            }
        }
        // What took too long: its route is gone with it.
        Err(error) => {
            seen.requests.note(&Answered {
                route: None,
                method: method.as_str(),
                status: error.as_response_error().status_code().as_u16(),
                took: began.elapsed(),
            });
            tracing::debug!(%method, "not answered: {error}");
        }
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
    if is_streamed(request.method(), request.path()) {
        return None;
    }
    let body = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0);
    (body > limits.body as u64).then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

/// As an error, because an answer would need the request.
fn too_late(asker: &Asker) -> Error {
    let incident = asker.request_id().to_owned();
    TROUBLES.note(Trouble::TooSlow, &incident, "its time was up");
    let mut answer = asker.answer(HttpError::Failed {
        incident,
        status: StatusCode::SERVICE_UNAVAILABLE,
    });
    let nosniff = HeaderValue::from_static("nosniff");
    answer
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    InternalError::from_response("the request took too long", answer).into()
}
