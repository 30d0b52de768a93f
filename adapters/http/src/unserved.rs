//! What is told to whoever is refused before anybody has looked at what the request is for: it is
//! too large, too slow, or there is no place for it.
//!
//! The form is that of whatever would have answered: problem details under the admin API
//! (RFC 9457), a page for a browser, an error of RFC 6749 §5.2 for every other program.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _, web};
use gatelodge_usecases::realms::Listener;

use crate::errors::HttpError;
use crate::page_error::{PageError, frame_without_realm};
use crate::problem::Problem;
use crate::request::RequestId;
use crate::state::HttpState;

/// Who asks, as far as a request tells before it is read. Cheap to make and holds nothing of the
/// request, so that it is at hand when that is gone.
#[derive(Debug)]
pub struct Asker {
    kind: Kind,
    request_id: Option<String>,
}

enum Kind {
    /// Calls the admin API.
    Administration,
    /// Looks at a browser's window.
    Person {
        state: Option<web::Data<HttpState>>,
        language: Option<HeaderValue>,
    },
    /// Calls anything else.
    Program,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Administration => "Administration",
            Self::Person { .. } => "Person",
            Self::Program => "Program",
        })
    }
}

impl Asker {
    /// Of a request that has its id.
    pub fn of(request: &HttpRequest) -> Self {
        let state = request.app_data::<web::Data<HttpState>>();
        let kind = if state.is_some_and(|state| is_administration(state, request.path())) {
            Kind::Administration
        } else if wants_page(request.headers()) {
            Kind::Person {
                state: state.cloned(),
                language: request.headers().get(header::ACCEPT_LANGUAGE).cloned(),
            }
        } else {
            Kind::Program
        };
        let request_id = request.extensions().get::<RequestId>().cloned();
        Self {
            kind,
            request_id: request_id.map(|id| id.0),
        }
    }

    /// The request's id; empty where it has none.
    pub fn request_id(&self) -> &str {
        self.request_id.as_deref().unwrap_or_default()
    }

    /// The answer, in the asker's form.
    pub fn answer(&self, error: HttpError) -> HttpResponse {
        match &self.kind {
            Kind::Administration => Problem::from(error).render(self.request_id.clone()),
            Kind::Person { state, language } => {
                let language = language.as_ref().and_then(|value| value.to_str().ok());
                let frame = frame_without_realm(state.as_ref(), language);
                PageError::new(frame, &error, self.request_id.as_deref()).error_response()
            }
            Kind::Program => error.error_response(),
        }
    }
}

fn is_administration(state: &HttpState, path: &str) -> bool {
    let within = path.strip_prefix(state.base_path.as_str());
    let below = within.and_then(|path| path.strip_prefix("/admin/v1"));
    state.listener == Listener::Admin
        && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether this is a browser that goes somewhere.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
