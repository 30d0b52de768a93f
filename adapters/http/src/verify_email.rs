//! The page behind the link that proves a mail address.
//!
//! Looking at it spends nothing, because mail scanners open links too; the button does.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{HttpResponse, get, post};
use gatelodge_usecases::recovery::AddressError;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::links::{too_many, unopened};
use crate::page_error::PageError;
use crate::pages::{RecoveryNotice, VerifyEmailPage};
use crate::recover::{LinkPath, notice, spent};
use crate::visit::Visit;

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(verify_email_page).service(verify_email);
}

/// Asks whether an address is theirs.
#[utoipa::path(
    tag = "Pages",
    operation_id = "verify_email_page",
    params(("token" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many links that were tried from there opened nothing.", body = String, content_type = "text/html"),
    )
)]
#[get("/verify-email/{token}")]
async fn verify_email_page(visit: Visit, path: Path<LinkPath>) -> Result<HttpResponse, PageError> {
    let open = visit
        .use_cases()
        .verify_addresses
        .peek(&visit.issuer.realm, &path.token, &visit.issuer.facts)
        .await
        .map_err(|error| unopened(&visit, error))?
        .ok_or_else(|| spent(&visit))?;
    let page = VerifyEmailPage {
        frame: visit.frame(None),
        // A good token has nothing that a path would have to escape.
        action: visit.path(&format!("/verify-email/{}", path.token)),
        username: open.username,
        email: open.email,
    };
    visit.page(StatusCode::OK, &page)
}

/// Proves the address and spends the link.
#[utoipa::path(
    tag = "Pages",
    operation_id = "verify_email",
    params(("token" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The address is proved.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many links that were tried from there opened nothing.", body = String, content_type = "text/html"),
    )
)]
#[post("/verify-email/{token}")]
async fn verify_email(visit: Visit, path: Path<LinkPath>) -> Result<HttpResponse, PageError> {
    let confirmed = visit
        .use_cases()
        .verify_addresses
        .confirm(&visit.issuer.realm, &path.token, &visit.issuer.facts)
        .await;
    match confirmed {
        Ok(()) => notice(&visit, StatusCode::OK, RecoveryNotice::EmailVerified),
        Err(AddressError::Failed(failure)) => Err(visit.fail(failure)),
        Err(AddressError::TooMany { retry_after }) => Err(too_many(&visit, retry_after)),
        Err(_) => Err(spent(&visit)),
    }
}
