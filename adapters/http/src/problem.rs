//! Problem details (RFC 9457): every error answer of the admin API.
//!
//! A problem has a stable `type`, the field at fault where one is, and the request's id. It is
//! rendered by the guard of the admin API, which knows that id; whatever else goes wrong under
//! its path (no such operation, a body that is too large) gets the same shape.

pub mod kinds;

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use gatelodge_ports::StoreError;
use gatelodge_usecases::admin::{AdminError, Refusal};
use gatelodge_usecases::{ErrorCode, Failure};
use serde::Serialize;
use utoipa::ToSchema;

use crate::errors::{HttpError, answer, status_of, why_unread};

/// The media type of RFC 9457 §3.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error answer of the admin API (RFC 9457 §3.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// Stable name of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:gatelodge:problem:invalid_field")]
    pub kind: String,
    /// The kind of problem, for people.
    #[schema(example = "A field is not acceptable")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// One sentence about this occurrence.
    #[schema(example = "`access_token_lifetime` must be from 1 to 86400")]
    pub detail: String,
    /// The field at fault, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "settings.access_token_lifetime")]
    pub field: Option<String>,
    /// Names the request in the server's log and in the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "aglzdq7eht24jbnz3q6xkfzcwm")]
    pub request_id: Option<String>,
    /// Names a failure in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mfrggzdfmztwq2lknnwg23tpob")]
    pub incident: Option<String>,
}

/// Anything that a handler of the admin API cannot answer as asked.
#[derive(Debug)]
pub enum Problem {
    /// A refusal of a use case or of a conversion.
    Refused(Refusal),
    /// A failure that has been logged.
    Failed(HttpError),
    /// Something that HTTP itself is about.
    Http(StatusCode),
}

impl Problem {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => status_of(refusal.code),
            Self::Failed(failure) => failure.status(),
            Self::Http(status) => *status,
        }
    }

    /// What the answer's body says.
    pub fn details(&self, request_id: Option<String>) -> ProblemDetails {
        let status = self.status();
        let (name, detail, field, incident) = match self {
            Self::Refused(refusal) => (
                refusal.code.as_str(),
                refusal.description.to_string(),
                refusal.field.as_ref().map(ToString::to_string),
                None,
            ),
            Self::Failed(failure) => {
                let (code, what, incident) = failure.parts();
                let incident = incident.map(str::to_owned);
                (code.as_str(), what.to_owned(), None, incident)
            }
            Self::Http(status) => {
                let (name, what) = plain(*status);
                (name, what.to_owned(), None, None)
            }
        };
        debug_assert!(kinds::find(name).is_some(), "{name} is no kind of problem");
        let title = kinds::find(name).map_or_else(
            || status.canonical_reason().unwrap_or("Error"),
            |kind| kind.title,
        );
        ProblemDetails {
            kind: format!("{}{name}", kinds::PREFIX),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
            field,
            request_id,
            incident,
        }
    }

    /// The answer.
    pub fn render(&self, request_id: Option<String>) -> HttpResponse {
        let details = self.details(request_id);
        let body = serde_json::to_string(&details).unwrap_or_default();
        answer(self.status())
            .insert_header((header::CONTENT_TYPE, PROBLEM_JSON))
            .body(body)
    }
}

/// Problems that no use case speaks of.
fn plain(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => ("not_found", "there is no such operation"),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "this path does not know the method; `Allow` names those it knows",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "unsupported_media_type",
            "send `application/json`, or `application/merge-patch+json` with PATCH",
        ),
        StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::URI_TOO_LONG
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("too_large", why_unread(status)),
        StatusCode::REQUEST_TIMEOUT => ("too_slow", why_unread(status)),
        _ => ("malformed_request", why_unread(status)),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Refused(refusal) => Self::Refused(refusal),
            AdminError::Failed(failure) => failure.into(),
        }
    }
}

impl From<HttpError> for Problem {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unread(status) => Self::Http(status),
            error => Self::Failed(error),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.into())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AdminError::from(error).into()
    }
}

impl From<serde_json::Error> for Problem {
    /// An answer that cannot be written; what is read is converted field by field.
    fn from(error: serde_json::Error) -> Self {
        Failure::from(error).into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = self.details(None);
        write!(f, "{}: {}", details.kind, details.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.render(None)
    }
}

/// A body or query that cannot be read at all.
pub fn malformed(description: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Refusal::new(ErrorCode::InvalidRequest, description).into()
}
