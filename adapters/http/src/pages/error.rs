//! The error page: what happened, in a kind sentence, and what to do next.
//!
//! Shown where an error must not or cannot go back to the client (RFC 6749 §4.1.2.1). Nothing
//! on it comes from the request: the code is ours and the reference leads to the log.

use askama::Template;

use super::messages::Text;
use super::{Frame, Page, PageKind, assets};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request does not parse, or misses something.
    BadRequest,
    /// An unknown client, or a redirect URI that it has not registered.
    UntrustedClient,
    /// The pending request is too old, or its seal is broken.
    Expired,
    /// A one-time link was used or is too old.
    LinkSpent,
    /// The cookie that we set did not come back.
    Cookies,
    /// Signed in, but not allowed.
    Forbidden,
    /// No such page.
    NotFound,
    /// Throttled.
    TooManyRequests,
    /// Storage or hashing is not available for the moment.
    Unavailable,
    /// A failure of ours.
    Server,
}

/// The three texts of an error.
struct Told<'a> {
    title: &'a Text,
    sentence: &'a Text,
    next: &'a Text,
}

/// The error page.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The surroundings.
    pub frame: Frame,
    /// What happened.
    pub kind: ErrorKind,
    /// The error code of the standard, as `invalid_request`.
    pub code: String,
    /// The request id, or the incident id of a failure; may be empty.
    pub reference: String,
}

impl Page for ErrorPage {
    const KIND: PageKind = PageKind::Error;
}

impl ErrorPage {
    fn texts(&self) -> Told<'_> {
        let t = &self.frame.texts;
        let (title, sentence, next) = match self.kind {
            ErrorKind::BadRequest => (
                &t.error_bad_request_title,
                &t.error_bad_request_text,
                &t.error_bad_request_next,
            ),
            ErrorKind::UntrustedClient => (
                &t.error_untrusted_client_title,
                &t.error_untrusted_client_text,
                &t.error_untrusted_client_next,
            ),
            ErrorKind::Expired => (
                &t.error_expired_title,
                &t.error_expired_text,
                &t.error_expired_next,
            ),
            ErrorKind::LinkSpent => (
                &t.error_link_spent_title,
                &t.error_link_spent_text,
                &t.error_link_spent_next,
            ),
            ErrorKind::Cookies => (
                &t.error_cookies_title,
                &t.error_cookies_text,
                &t.error_cookies_next,
            ),
            ErrorKind::Forbidden => (
                &t.error_forbidden_title,
                &t.error_forbidden_text,
                &t.error_forbidden_next,
            ),
            ErrorKind::NotFound => (
                &t.error_not_found_title,
                &t.error_not_found_text,
                &t.error_not_found_next,
            ),
            ErrorKind::TooManyRequests => (
                &t.error_too_many_title,
                &t.error_too_many_text,
                &t.error_too_many_next,
            ),
            ErrorKind::Unavailable => (
                &t.error_unavailable_title,
                &t.error_unavailable_text,
                &t.error_unavailable_next,
            ),
            ErrorKind::Server => (
                &t.error_server_title,
                &t.error_server_text,
                &t.error_server_next,
            ),
        };
        Told {
            title,
            sentence,
            next,
        }
    }
}
