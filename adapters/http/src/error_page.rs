//! The error page on its own, and what is answered where nothing is.

use std::future::{Ready, ready};

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, get};
use gatelodge_usecases::{Denial, ErrorCode};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::errors::HttpError;
use crate::page_error::{PageError, bare_frame};
use crate::request::request_facts;
use crate::unserved::wants_page;
use crate::visit::Visit;

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
