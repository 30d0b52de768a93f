//! Error pages: whatever a person should not see as JSON.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError, get, web};
use askama::Template as _;
use gatelodge_usecases::{Denial, ErrorCode};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::errors::{self, HttpError};
use crate::pages::{ErrorKind, ErrorPage, Frame, PageKind, Texts, csp};
use crate::request::request_facts;
use crate::state::HttpState;
use crate::unserved::wants_page;
use crate::visit::{Visit, accept_language};

/// An error that is shown as a page.
#[derive(Debug)]
pub struct PageError {
    page: Box<ErrorPage>,
    status: StatusCode,
}

impl PageError {
    /// The page for an error, in these surroundings; `request_id` is shown where nothing more
    /// telling is known.
    pub fn new(frame: Frame, error: &HttpError, request_id: Option<&str>) -> Self {
        let (code, _, incident) = error.parts();
        Self {
            status: error.status(),
            page: Box::new(ErrorPage {
                frame,
                kind: kind_of(code),
                code: code.as_str().to_owned(),
                reference: incident.or(request_id).unwrap_or_default().to_owned(),
            }),
        }
    }

    /// The same with another page than the code alone suggests.
    #[must_use]
    pub fn shown_as(mut self, kind: ErrorKind) -> Self {
        self.page.kind = kind;
        self
    }
}

/// Which page a code gets.
const fn kind_of(code: ErrorCode) -> ErrorKind {
    match code {
        ErrorCode::NotFound => ErrorKind::NotFound,
        ErrorCode::TooManyRequests => ErrorKind::TooManyRequests,
        ErrorCode::TemporarilyUnavailable => ErrorKind::Unavailable,
        ErrorCode::ServerError => ErrorKind::Server,
        ErrorCode::AccessDenied | ErrorCode::InsufficientScope => ErrorKind::Forbidden,
        _ => ErrorKind::BadRequest,
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.page.code)
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = errors::answer(self.status);
        match self.page.render() {
            Ok(html) => response
                .insert_header((
                    header::CONTENT_SECURITY_POLICY,
                    csp::policy(PageKind::Error),
                ))
                .content_type("text/html; charset=utf-8")
                .body(html),
            Err(error) => {
                tracing::error!(%error, "the error page does not render");
                response.finish()
            }
        }
    }
}

/// Surroundings where no realm is known.
pub fn bare_frame(request: &HttpRequest) -> Frame {
    let state = request.app_data::<web::Data<HttpState>>();
    frame_without_realm(state, accept_language(request).as_deref())
}

/// The same where the request itself is gone.
pub fn frame_without_realm(state: Option<&web::Data<HttpState>>, language: Option<&str>) -> Frame {
    Frame {
        texts: Texts::for_language(language, None),
        realm: "Gatelodge".to_owned(),
        host: state.map_or_else(String::new, |state| state.authority.clone()),
        root: state.map_or_else(String::new, |state| state.base_path.clone()),
        logo: None,
        theme: None,
    }
}

/// What is not there: a page for browsers, JSON for programs.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a handler is given its request"
)]
pub fn not_found(request: HttpRequest) -> Ready<HttpResponse> {
    let error = HttpError::not_found();
    ready(if wants_page(request.headers()) {
        let facts = request_facts(&request);
        PageError::new(bare_frame(&request), &error, facts.id.as_deref()).error_response()
    } else {
        error.error_response()
    })
}

/// Adds the operation.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(error_page);
}

/// The error page on its own, for links that have nothing better to show.
#[utoipa::path(
    tag = "Pages",
    operation_id = "error_page",
    responses((status = 400, description = "A page that says what to do next.", body = String, content_type = "text/html"))
)]
#[get("/error")]
async fn error_page(visit: Visit) -> Result<HttpResponse, PageError> {
    let denial = Denial::new(ErrorCode::InvalidRequest, "the request was refused");
    Err(visit.refuse(denial))
}
