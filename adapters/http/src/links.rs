//! What the pages behind one-time links say of a link that opens nothing.

use actix_web::ResponseError as _;
use core::time::Duration;
use gatelodge_usecases::{Denial, Error, ErrorCode};

use crate::errors::with_retry_after;
use crate::page_error::PageError;
use crate::pages::ErrorKind;
use crate::visit::Visit;

/// The page for a link that was used, replaced, is too old or was never one; or for an address
/// from which too many of those were tried.
pub(crate) fn unopened(visit: &Visit, error: Error) -> PageError {
    match error {
        Error::Denied(denial) => refused(visit, denial),
        Error::Failed(failure) => visit.fail(failure),
    }
}

/// The same for a refusal.
pub(crate) fn refused(visit: &Visit, denial: Denial) -> PageError {
    let wait = denial.retry_after;
    match (denial.code, wait) {
        (ErrorCode::NotFound, _) => visit.refuse(denial).shown_as(ErrorKind::LinkSpent),
        (_, Some(wait)) => with_retry_after(visit.refuse(denial).error_response(), wait).into(),
        (_, None) => visit.refuse(denial),
    }
}

/// Too many links that were tried from there opened nothing.
pub(crate) fn too_many(visit: &Visit, wait: Duration) -> PageError {
    let what = "too many links that were tried from there opened nothing";
    let denial = Denial::new(ErrorCode::TooManyRequests, what);
    refused(visit, denial.retry_after(wait))
}
