//! Public documents that browsers and proxies may keep (RFC 9111, RFC 9110 §13.1.2).

use core::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

/// The methods of such a document. HEAD is GET without a body (RFC 9110 §9.3.2): handlers answer
/// both alike, and the server leaves the body out and `Content-Length` in.
pub const READ: &str = "GET, HEAD";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How long others may keep a document; rendered once, by whoever serves it.
pub fn lifetime(max_age: Duration) -> HeaderValue {
    HeaderValue::from_str(&format!("public, max-age={}", max_age.as_secs()))
        .unwrap_or(HeaderValue::from_static("no-store"))
}

/// A JSON document with its entity tag, or 304 where the caller has that one already.
pub fn json(
    request: &HttpRequest,
    bytes: &[u8],
    etag: &str,
    lifetime: &HeaderValue,
) -> HttpResponse {
    let is_known = has(request, etag);
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::CACHE_CONTROL, lifetime.clone()))
        .insert_header((header::ETAG, etag));
    if is_known {
        response.finish()
    } else {
        response
            .insert_header((header::CONTENT_TYPE, JSON))
            .body(bytes.to_vec())
    }
}

/// Whether `If-None-Match` names the tag; weak tags count (RFC 9110 §13.1.2).
pub fn has(request: &HttpRequest, etag: &str) -> bool {
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
