//! What is seen of every request of a listener: it is counted, and its trace is begun and ended.

use std::sync::Arc;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use gatelodge_domain::RealmSlug;
use gatelodge_http::network::Network;
use gatelodge_telemetry::Requests;
use gatelodge_telemetry::traces::{AnsweredRequest, Parent, begin_request, end_request};
use gatelodge_usecases::Foundation;
use gatelodge_usecases::realms::{Listener, resolve};
use tracing::Span;

/// Sees requests of a listener.
pub(crate) struct Seen {
    /// Counts them.
    pub(super) requests: Arc<Requests>,
    /// Traces them, where traces go anywhere.
    pub(super) traces: Option<Traced>,
}

/// How requests are traced.
pub(crate) struct Traced {
    pub(super) listener: Listener,
    /// Who may say which trace a request belongs to.
    pub(super) trusted: Vec<Network>,
    pub(super) foundation: Arc<Foundation>,
}

impl Seen {
    /// The span of a request; a disabled one costs nothing.
    pub(super) fn begin(&self, request: &ServiceRequest, id: &str) -> Span {
        match &self.traces {
            Some(traced) => traced.begin(request, id),
            None => Span::none(),
        }
    }

    /// Says what became of it.
    pub(super) async fn end(
        &self,
        span: &Span,
        method: &Method,
        answer: &Result<ServiceResponse<BoxBody>, Error>,
    ) {
        if let Some(traced) = &self.traces
            && !span.is_disabled()
        {
            traced.end(span, method, answer).await;
        }
    }
}

impl Traced {
    fn begin(&self, request: &ServiceRequest, id: &str) -> Span {
        let parent = parent(request.headers()).filter(|_| {
            let peer = request.peer_addr().map(|peer| peer.ip());
            peer.is_some_and(|peer| self.trusted.iter().any(|near| near.contains(peer)))
        });
        begin_request(self.listener.as_str(), id, parent)
    }

    async fn end(
        &self,
        span: &Span,
        method: &Method,
        answer: &Result<ServiceResponse<BoxBody>, Error>,
    ) {
        let method = method.as_str();
        match answer {
            Ok(response) => {
                let route = response.request().match_pattern();
                let segment = response.request().match_info().get("realm");
                let realm = match &route {
                    Some(_) => self.realm(segment).await,
                    None => None,
                };
                end_request(
                    span,
                    &AnsweredRequest {
                        method,
                        route: route.as_deref(),
                        realm: realm.as_ref().map(RealmSlug::as_str),
                        status: response.status().as_u16(),
                    },
                );
            }
            Err(error) => end_request(
                span,
                &AnsweredRequest {
                    method,
                    route: None,
                    realm: None,
                    status: error.as_response_error().status_code().as_u16(),
                },
            ),
        }
    }

    /// The realm that a request was for, if there is one: a stranger's word becomes no attribute.
    async fn realm(&self, segment: Option<&str>) -> Option<RealmSlug> {
        let slug = match (self.listener, segment) {
            (Listener::Admin, Some(segment)) => RealmSlug::parse(segment).ok()?,
            (listener, segment) => resolve(listener, segment)?,
        };
        // Whoever answered asked for it a moment ago, so it is in the cache.
        let known = self.foundation.directory.realm(&slug).await.ok()?;
        known.is_some().then_some(slug)
    }
}

/// The one `traceparent` that came.
fn parent(headers: &HeaderMap) -> Option<Parent> {
    let mut all = headers.get_all("traceparent");
    let (one, None) = (all.next()?, all.next()) else {
        return None;
    };
    Parent::parse(one.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn one_parent_counts_and_two_are_none() {
        let name = HeaderName::from_static("traceparent");
        let value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut headers = HeaderMap::new();
        assert_eq!(parent(&headers), None);
        headers.append(name.clone(), HeaderValue::from_static(value));
        assert!(parent(&headers).is_some_and(Parent::is_sampled));
        headers.append(name, HeaderValue::from_static(value));
        assert_eq!(parent(&headers), None);
    }
}
