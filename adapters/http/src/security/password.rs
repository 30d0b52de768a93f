//! Changing the password with the present one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use gatelodge_usecases::Failure;
use gatelodge_usecases::passwords::{ChangePasswordError, TypedPasswords};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::page::{back, posted, shown};
use crate::cookies::CookieKind;
use crate::errors::with_retry_after;
use crate::page_error::PageError;
use crate::page_parameters::PageForm;
use crate::pages::SecurityNotice;
use crate::visit::Visit;

/// Adds the operation.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(change_password);
}

/// What the page posts to change the password.
#[derive(ToSchema)]
pub struct ChangePasswordForm {
    /// The present password.
    #[schema(format = Password)]
    pub current: String,
    /// The new one.
    #[schema(format = Password)]
    pub password: String,
    /// The page's token.
    pub csrf: String,
}

/// Changes the password. Every other session of the person ends. A wrong present one counts
/// like a failed sign-in.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_change_password",
    request_body(content = ChangePasswordForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Changed, or to the sign-in page."),
        (status = 400, description = "The new password is not taken.", body = String, content_type = "text/html"),
        (status = 401, description = "The present password is another one.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many failed tries.", body = String, content_type = "text/html"),
        (status = 503, description = "Too much to do.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/security/password")]
async fn change_password(
    visit: Visit,
    PageForm(form): PageForm,
) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let typed = TypedPasswords {
        current: form.text("current"),
        new: form.text("password"),
        familiar: visit.cookies.get(CookieKind::Familiar),
    };
    let changed = visit
        .use_cases()
        .change_password
        .change(&visit.issuer.realm, &me, &typed, &visit.issuer.facts)
        .await;
    let page = |status, notice| shown(&visit, &me, status, Some(notice));
    match changed {
        Ok(()) => Ok(back(&visit, "password")),
        Err(ChangePasswordError::WrongCurrent) => {
            page(StatusCode::UNAUTHORIZED, SecurityNotice::CurrentWrong).await
        }
        Err(ChangePasswordError::Refused(refused)) => {
            page(StatusCode::BAD_REQUEST, SecurityNotice::Refused(refused)).await
        }
        Err(ChangePasswordError::TooMany { retry_after }) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let page = page(status, SecurityNotice::TooManyTries).await?;
            Ok(with_retry_after(page, retry_after))
        }
        Err(ChangePasswordError::Failed(failure)) => {
            visit.unless_it_passes(failure)?;
            page(StatusCode::SERVICE_UNAVAILABLE, SecurityNotice::Busy).await
        }
        Err(ChangePasswordError::NotRequired) => {
            Err(visit.fail(Failure::broken("the present password was typed")))
        }
    }
}
