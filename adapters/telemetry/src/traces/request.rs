//! The span of a request, with the attributes of OpenTelemetry's conventions for HTTP.

use tracing::Span;
use tracing::field::Empty;

use super::Parent;

/// RFC 9110 §9 and RFC 5789. What else a stranger calls a method is `_OTHER`.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const OTHER: &str = "_OTHER";

/// What is known of a request once it is answered.
#[derive(Debug, Clone, Copy)]
pub struct AnsweredRequest<'a> {
    /// Its method.
    pub method: &'a str,
    /// The pattern that it met, if any; never its path.
    pub route: Option<&'a str>,
    /// The slug of the realm that it was for, if there is such a realm.
    pub realm: Option<&'a str>,
    /// The status of its answer.
    pub status: u16,
}

macro_rules! request_span {
    ($target:expr, $listener:expr, $id:expr, $parent:expr) => {
        tracing::trace_span!(
            target: $target,
            parent: None,
            "request",
            otel.kind = "server",
            otel.name = Empty,
            otel.status_code = Empty,
            trace.parent = $parent,
            http.request.method = Empty,
            http.route = Empty,
            http.response.status_code = Empty,
            gatelodge.listener = $listener,
            gatelodge.realm = Empty,
            gatelodge.request_id = $id,
        )
    };
}

/// The span of a request, disabled where its trace is not kept. `id` is the request's in log and
/// trail, `parent` the span of a caller who is trusted with it.
pub fn begin_request(listener: &'static str, id: &str, parent: Option<Parent>) -> Span {
    match parent {
        None => request_span!(super::ROOT, listener, id, Empty),
        Some(parent) if parent.is_sampled() => {
            request_span!(super::CONTINUED, listener, id, parent.to_text())
        }
        Some(_) => Span::none(),
    }
}

/// Says what became of it; its time is over when the last handle is dropped.
pub fn end_request(span: &Span, answered: &AnsweredRequest<'_>) {
    let method = METHODS.iter().find(|known| **known == answered.method);
    let method = method.copied().unwrap_or(OTHER);
    span.record("http.request.method", method);
    span.record("http.response.status_code", answered.status);
    // "{method} {target}", and `HTTP` for a method that nobody knows.
    let verb = if method == OTHER { "HTTP" } else { method };
    match answered.route {
        Some(route) => {
            span.record("http.route", route);
            span.record("otel.name", format!("{verb} {route}"));
        }
        None => {
            span.record("otel.name", verb);
        }
    }
    if let Some(realm) = answered.realm {
        span.record("gatelodge.realm", realm);
    }
    // A client's mistake is no error of a server.
    if answered.status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}
