//! `Idempotency-Key` on the operations that make something (POST): a request whose answer was
//! lost can be sent again, and gets the same answer without being carried out twice.

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpResponse};
use gatelodge_usecases::admin::{
    Answer, Begun, Caller, IdempotencyKey, IdempotentRequests, Refusal, Reservation,
};

use crate::problem::Problem;

/// The request's header.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Says that an answer was given before.
const REPLAYED: &str = "idempotency-replayed";
/// The headers that belong to the representation, and are given again with it.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Carries a request out, or answers it as before where it bears a known key.
pub(super) async fn once(
    requests: &IdempotentRequests,
    caller: &Caller,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.method() != Method::POST || !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let (begun, body) = match begin(requests, caller, &mut request).await {
        Ok(begun) => begun,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    match begun {
        Begun::Again(answer) => Ok(request.into_response(again(&answer))),
        Begun::First(begun) => {
            request.set_payload(Payload::from(body));
            let response = next.call(request).await?.map_into_boxed_body();
            settle(requests, begun, response).await
        }
    }
}

async fn begin(
    requests: &IdempotentRequests,
    caller: &Caller,
    request: &mut ServiceRequest,
) -> Result<(Begun, Bytes), Problem> {
    let key = key(request)?;
    let body = request.extract::<Bytes>().await;
    let body = body.map_err(|error| Problem::Http(error.as_response_error().status_code()))?;
    let target = target(request);
    let parts: [&[u8]; 3] = [b"POST", target.as_bytes(), &body];
    Ok((requests.begin(caller, &key, &parts).await?, body))
}

fn key(request: &ServiceRequest) -> Result<IdempotencyKey, Problem> {
    let mut sent = request.headers().get_all(IDEMPOTENCY_KEY);
    let one = sent.next().and_then(|value| value.to_str().ok());
    let (Some(text), None) = (one, sent.next()) else {
        return Err(Refusal::field("Idempotency-Key", "send one key, in ASCII").into());
    };
    let json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !json {
        // What comes as a stream is not kept to be compared.
        return Err(Refusal::field(
            "Idempotency-Key",
            "a key goes with a body of `application/json`, or none",
        )
        .into());
    }
    Ok(IdempotencyKey::parse(text.trim())?)
}

/// Path and query.
fn target(request: &ServiceRequest) -> String {
    let uri = request.uri();
    uri.path_and_query()
        .map_or_else(|| uri.path().to_owned(), ToString::to_string)
}

/// Keeps what was carried out; what was refused may be tried again with the same key.
async fn settle(
    requests: &IdempotentRequests,
    begun: Reservation,
    response: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let status = response.status();
    if status.is_success() {
        let (request, response) = response.into_parts();
        let (head, body) = response.into_parts();
        let body = to_bytes(body)
            .await
            .map_err(|_| Problem::Http(StatusCode::INTERNAL_SERVER_ERROR))?;
        let answer = Answer {
            status: status.as_u16(),
            headers: kept(&head),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        requests
            .finish(begun, answer)
            .await
            .map_err(Problem::from)?;
        let response = head.set_body(BoxBody::new(body));
        return Ok(ServiceResponse::new(request, response));
    }
    // After a failure of ours nobody knows; a busy server did nothing.
    if status != StatusCode::INTERNAL_SERVER_ERROR {
        requests.give_back(begun).await.map_err(Problem::from)?;
    }
    Ok(response)
}

fn kept(head: &HttpResponse<()>) -> Vec<(String, String)> {
    let named = KEPT.into_iter().filter_map(|name| {
        let value = head.headers().get(&name)?.to_str().ok()?.to_owned();
        Some((name.as_str().to_owned(), value))
    });
    named.collect()
}

fn again(answer: &Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    for (name, value) in &answer.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    response.insert_header((
        HeaderName::from_static(REPLAYED),
        HeaderValue::from_static("true"),
    ));
    response.body(answer.body.clone())
}
