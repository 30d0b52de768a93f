//! What ends the handler of a page: an error as a person sees it, or another answer.

use std::cell::RefCell;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use askama::Template as _;
use gatelodge_usecases::ErrorCode;

use crate::errors::{self, HttpError};
use crate::pages::messages::ENGLISH;
use crate::pages::{ErrorKind, ErrorPage, Frame, PageKind, csp};
use crate::state::HttpState;

/// What ends a page's handler early. Mostly an error; but whoever is not signed in belongs
/// elsewhere, and a form of yesterday brings its page again. Those answers come from a response.
#[derive(Debug)]
pub struct PageError(Answer);

#[derive(Debug)]
enum Answer {
    Shown(Box<ErrorPage>, StatusCode),
    /// Until it is sent.
    Instead(Box<RefCell<Option<HttpResponse>>>),
}

impl PageError {
    /// The page for an error, in these surroundings; `request_id` is shown where nothing more
    /// telling is known.
    pub fn new(frame: Frame, error: &HttpError, request_id: Option<&str>) -> Self {
        let (code, _, incident) = error.parts();
        let page = ErrorPage {
            frame,
            kind: kind_of(code),
            code: code.as_str().to_owned(),
            reference: incident.or(request_id).unwrap_or_default().to_owned(),
        };
        Self(Answer::Shown(Box::new(page), error.status()))
    }

    /// The same with another page than the code alone suggests.
    #[must_use]
    pub fn shown_as(mut self, kind: ErrorKind) -> Self {
        if let Answer::Shown(page, _) = &mut self.0 {
            page.kind = kind;
        }
        self
    }
}

impl From<HttpResponse> for PageError {
    fn from(response: HttpResponse) -> Self {
        Self(Answer::Instead(Box::new(RefCell::new(Some(response)))))
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
        f.write_str(match &self.0 {
            Answer::Shown(page, _) => &page.code,
            Answer::Instead(_) => "answered otherwise",
        })
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            Answer::Shown(_, status) => *status,
            Answer::Instead(response) => response
                .borrow()
                .as_ref()
                .map_or(StatusCode::INTERNAL_SERVER_ERROR, HttpResponse::status),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match &self.0 {
            Answer::Shown(page, status) => shown(page, *status),
            Answer::Instead(response) => response
                .take()
                .unwrap_or_else(|| errors::answer(self.status_code()).finish()),
        }
    }
}

fn shown(page: &ErrorPage, status: StatusCode) -> HttpResponse {
    let mut response = errors::answer(status);
    match page.render() {
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

/// Surroundings where no realm is known.
pub fn bare_frame(request: &HttpRequest) -> Frame {
    let state = request.app_data::<web::Data<HttpState>>();
    frame_without_realm(state, accept_language(request).as_deref())
}

/// The same where the request itself is gone.
pub fn frame_without_realm(state: Option<&web::Data<HttpState>>, language: Option<&str>) -> Frame {
    let texts = match state {
        Some(state) => state.looks.languages().choose(language, None, None).clone(),
        None => ENGLISH.clone(),
    };
    Frame {
        texts,
        realm: "Gatelodge".to_owned(),
        host: state.map_or_else(String::new, |state| state.authority.clone()),
        root: state.map_or_else(String::new, |state| state.base_path.clone()),
        logo: None,
        theme: None,
        links: Vec::new(),
    }
}

/// The request's `Accept-Language`.
pub fn accept_language(request: &HttpRequest) -> Option<String> {
    request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_that_ends_a_handler_is_sent_as_it_is() {
        let elsewhere = HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/login"))
            .finish();
        let ended = PageError::from(elsewhere).shown_as(ErrorKind::NotFound);
        assert_eq!(ended.status_code(), StatusCode::SEE_OTHER);
        let sent = ended.error_response();
        assert_eq!(sent.status(), StatusCode::SEE_OTHER);
        assert_eq!(sent.headers().get(header::LOCATION).unwrap(), "/login");
    }
}
