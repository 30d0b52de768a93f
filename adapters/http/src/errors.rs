//! The one place that turns refusals and failures into HTTP.

use core::time::Duration;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use gatelodge_domain::Id;
use gatelodge_ports::StoreError;
use gatelodge_usecases::{Denial, Error, ErrorCode, Failure};
use serde::Serialize;
use utoipa::ToSchema;

use crate::trouble::{TROUBLES, Trouble};

/// How long a client should wait before it tries again, in seconds.
const RETRY_AFTER: &str = "1";

/// An error answer of an OAuth endpoint (RFC 6749 §5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthError {
    /// The error code.
    #[schema(example = "invalid_request")]
    pub error: String,
    /// One sentence for whoever builds the client.
    #[schema(example = "`redirect_uri` is missing")]
    pub error_description: String,
    /// Names the failure in the server's log, where there is something to find there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mfrggzdfmztwq2lknnwg23tpob")]
    pub incident: Option<String>,
}

/// Anything that a handler cannot answer as asked.
#[derive(Debug)]
pub enum HttpError {
    /// A refusal.
    Denied(Denial),
    /// A failure that has been logged under that incident.
    Failed {
        /// Names it in the log.
        incident: String,
        /// 500 or 503.
        status: StatusCode,
    },
    /// A request that was not read, with the status that says why (RFC 9110 §15.5).
    Unread(StatusCode),
}

impl HttpError {
    /// No such page or realm.
    pub const fn not_found() -> Self {
        Self::Denied(Denial::new(ErrorCode::NotFound, "there is nothing here"))
    }

    /// The server was put together wrongly.
    pub fn misconfigured() -> Self {
        Failure::broken("a handler runs without its state").into()
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Denied(denial) => status_of(denial.code),
            Self::Failed { status, .. } | Self::Unread(status) => *status,
        }
    }

    /// Error code, description and incident.
    pub fn parts(&self) -> (ErrorCode, &'static str, Option<&str>) {
        match self {
            Self::Denied(denial) => (denial.code, denial.description, None),
            Self::Failed { incident, status } => {
                if *status == StatusCode::SERVICE_UNAVAILABLE {
                    let what = "the server is busy or cannot reach its storage; try again shortly";
                    (ErrorCode::TemporarilyUnavailable, what, Some(incident))
                } else {
                    let what = "something went wrong here; the incident names it in the log";
                    (ErrorCode::ServerError, what, Some(incident))
                }
            }
            Self::Unread(status) => (ErrorCode::InvalidRequest, why_unread(*status), None),
        }
    }
}

/// What a status says of a request that was not read.
pub const fn why_unread(status: StatusCode) -> &'static str {
    match status {
        StatusCode::REQUEST_TIMEOUT => "the body did not arrive in time",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than this server allows",
        StatusCode::URI_TOO_LONG => "the address is longer than this server allows",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "the headers are larger than this server allows"
        }
        _ => "the request could not be read",
    }
}

/// The status of each code. OAuth's own answers are 400 but for `invalid_client` (RFC 6749
/// §5.2) and those of RFC 6750 §3.1.
pub const fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken | ErrorCode::InvalidCredentials => {
            StatusCode::UNAUTHORIZED
        }
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Stale => StatusCode::PRECONDITION_FAILED,
        ErrorCode::Conflict | ErrorCode::Protected | ErrorCode::RequestUnderWay => {
            StatusCode::CONFLICT
        }
        ErrorCode::InvalidField | ErrorCode::IdempotencyKeyReused => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::InvalidRequest
        | ErrorCode::InvalidGrant
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedGrantType
        | ErrorCode::InvalidScope
        | ErrorCode::AccessDenied
        | ErrorCode::UnsupportedResponseType
        | ErrorCode::LoginRequired
        | ErrorCode::ConsentRequired
        | ErrorCode::InteractionRequired
        | ErrorCode::AccountSelectionRequired
        | ErrorCode::RequestNotSupported
        | ErrorCode::RequestUriNotSupported
        | ErrorCode::RegistrationNotSupported
        | ErrorCode::InvalidTarget
        | ErrorCode::UnsupportedTokenType => StatusCode::BAD_REQUEST,
    }
}

impl From<Denial> for HttpError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denial) => Self::Denied(denial),
            Error::Failed(failure) => failure.into(),
        }
    }
}

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl From<Failure> for HttpError {
    /// Logs the failure with its whole chain, one that may pass once an episode; the client
    /// learns its name only.
    fn from(failure: Failure) -> Self {
        // An incident's name must be unique, not secret.
        let incident = Id::<()>::from_bytes(incident_bytes()).to_string();
        let mut chain = failure.to_string();
        let mut source = std::error::Error::source(&failure);
        while let Some(cause) = source {
            chain.push_str(": ");
            chain.push_str(&cause.to_string());
            source = cause.source();
        }
        let status = match &failure {
            Failure::Unavailable(cause) => {
                TROUBLES.note(Trouble::of(&**cause), &incident, &chain);
                StatusCode::SERVICE_UNAVAILABLE
            }
            Failure::Broken(_) => {
                tracing::error!(%incident, "{chain}");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::Failed { incident, status }
    }
}

/// 16 bytes that do not come twice in a process, and hardly ever in two.
fn incident_bytes() -> [u8; 16] {
    use std::hash::{BuildHasher, RandomState};
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let scattered = RandomState::new().hash_one(number);
    (u128::from(scattered) << 64 | u128::from(number)).to_be_bytes()
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, description, _) = self.parts();
        write!(f, "{}: {description}", code.as_str())
    }
}

impl ResponseError for HttpError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let (code, description, incident) = self.parts();
        let mut response = answer(self.status());
        if let Self::Denied(denial) = self
            && let Some(wait) = denial.retry_after
        {
            response.insert_header((header::RETRY_AFTER, whole_seconds(wait)));
        }
        response.json(OAuthError {
            error: code.as_str().to_owned(),
            error_description: description.to_owned(),
            incident: incident.map(str::to_owned),
        })
    }
}

/// A time to wait in the seconds of `Retry-After` (RFC 9110 §10.2.3), never too few.
pub fn whole_seconds(wait: Duration) -> HeaderValue {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX))
}

/// An answer that says when to come back.
pub fn with_retry_after(mut response: HttpResponse, wait: Duration) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, whole_seconds(wait));
    response
}

/// An error answer with the headers that its status asks for.
pub fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_knows_when_to_come_back_says_so() {
        let denial = Denial::new(ErrorCode::TooManyRequests, "too many");
        let wait = |denial: Denial| {
            let answer = HttpError::from(denial).error_response();
            answer.headers().get(header::RETRY_AFTER).cloned()
        };
        assert_eq!(wait(denial.clone()).unwrap(), RETRY_AFTER);
        let known = denial.retry_after(Duration::from_millis(41_001));
        assert_eq!(wait(known).unwrap(), "42");
        let other = Denial::new(ErrorCode::InvalidGrant, "no");
        assert_eq!(wait(other), None);
        assert_eq!(whole_seconds(Duration::ZERO), "1");
    }
}
