//! Stands before every operation of the admin API: no operation runs, and no path is told from
//! another, without a valid access token of an administrator.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{Caller, Refusal};

use super::idempotency;
use super::request::Recognised;
use crate::errors::whole_seconds;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::quota::Standing;
use crate::request::RequestId;
use crate::state::HttpState;

/// Recognises the caller, and gives every error answer the shape of a problem.
pub(super) async fn guard(
    state: web::Data<HttpState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone());
    let token = bearer(request.headers()).map(str::to_owned);
    let administrators = &state.use_cases.admin.administrators;
    match administrators.recognise(token.as_deref()).await {
        Ok(caller) => {
            let standing = standing(&state, &caller);
            let over = standing.filter(|standing| !standing.admitted);
            let mut response = if let Some(over) = over {
                request.into_response(too_many(over, id))
            } else {
                request.extensions_mut().insert(Recognised(caller.clone()));
                let requests = &state.use_cases.admin.idempotency;
                as_problem(
                    idempotency::once(requests, &caller, request, next).await?,
                    id,
                )
            };
            if let Some(standing) = standing {
                standing.tell(response.headers_mut());
            }
            Ok(response)
        }
        Err(error) => {
            let problem = Problem::from(error);
            let mut answer = problem.render(id);
            if answer.status() == actix_web::http::StatusCode::UNAUTHORIZED {
                let sent = request.headers().contains_key(header::AUTHORIZATION);
                answer
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, challenge(sent));
            }
            Ok(request.into_response(answer))
        }
    }
}

/// Counts the request of an administrator.
fn standing(state: &HttpState, caller: &Caller) -> Option<Standing> {
    let Caller::Administrator(administrator) = caller else {
        return None;
    };
    let foundation = &state.foundation;
    let (nodes, now) = (foundation.nodes.live(), foundation.clock.now());
    state.quota.count(administrator.subject(), nodes, now)
}

/// RFC 6585 §4.
fn too_many(over: Standing, id: Option<String>) -> HttpResponse {
    let refusal = Refusal::new(
        ErrorCode::TooManyRequests,
        "more requests than an administrator may make in a minute; `RateLimit` says when to go on",
    );
    let mut answer = Problem::from(refusal).render(id);
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, whole_seconds(over.resets_in()));
    answer
}

/// RFC 6750 §3: `error` is named only when there was a token to be wrong.
fn challenge(sent: bool) -> HeaderValue {
    HeaderValue::from_static(if sent {
        "Bearer realm=\"gatelodge-admin\", error=\"invalid_token\""
    } else {
        "Bearer realm=\"gatelodge-admin\""
    })
}

/// The token of RFC 6750 §2.1, where exactly one came.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION);
    let (one, None) = (all.next()?, all.next()) else {
        return None;
    };
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// An error answer as a problem with the request's id.
fn as_problem(response: ServiceResponse<BoxBody>, id: Option<String>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if status.is_success() || status.is_redirection() || status.is_informational() {
        return response;
    }
    let inner = response.response();
    let rendered = match inner.error().and_then(Error::as_error::<Problem>) {
        Some(problem) => problem.render(id),
        None if is_problem(inner.headers()) => return response,
        None => {
            let mut answer = Problem::Http(status).render(id);
            if let Some(allow) = inner.headers().get(header::ALLOW) {
                answer.headers_mut().insert(header::ALLOW, allow.clone());
            }
            answer
        }
    };
    let mut rendered = rendered;
    if status == actix_web::http::StatusCode::FORBIDDEN {
        // RFC 6750 §3.1
        rendered.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(
                "Bearer realm=\"gatelodge-admin\", error=\"insufficient_scope\"",
            ),
        );
    }
    response.into_response(rendered)
}

fn is_problem(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == PROBLEM_JSON.as_bytes())
}
