//! "Forgot your password?", and the page behind the link that the mail brings.
//!
//! The answer to who asks is one page, whoever is named. The link's secret is in its path, which
//! is written into no log; looking at the page spends nothing, the one post that succeeds does.
//! The secret in the form's own address is what makes a forged post useless.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{HttpResponse, get, post};
use gatelodge_usecases::passwords::PasswordRefused;
use gatelodge_usecases::recovery::{AskedFor, OpenReset, RecoveryError, ResetError};
use gatelodge_usecases::{Denial, ErrorCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cookies::CookieKind;
use crate::errors::with_retry_after;
use crate::links::{too_many, unopened};
use crate::page_error::PageError;
use crate::page_parameters::PageForm;
use crate::pages::{
    ErrorKind, RecoverPage, RecoverProblem, RecoveryNotice, RecoveryNoticePage, ResetPasswordPage,
    ResetProblem,
};
use crate::visit::Visit;

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(recover_page)
        .service(recover)
        .service(reset_page)
        .service(reset);
}

const SPENT: Denial = Denial::new(
    ErrorCode::NotFound,
    "this link has been used, replaced, or is too old",
);

/// The last segment of a link's path.
#[derive(Deserialize)]
pub(crate) struct LinkPath {
    pub(crate) token: String,
}

/// The page that says that a link opens nothing any more.
pub(crate) fn spent(visit: &Visit) -> PageError {
    visit.refuse(SPENT).shown_as(ErrorKind::LinkSpent)
}

/// The form for who forgot their password.
#[utoipa::path(
    tag = "Pages",
    operation_id = "recover_page",
    responses((status = 200, description = "The page; it says so where passwords are not reset by mail.", body = String, content_type = "text/html"))
)]
#[get("/recover")]
async fn recover_page(visit: Visit) -> Result<HttpResponse, PageError> {
    let recovery = &visit.use_cases().recover_account;
    if !recovery.is_offered(&visit.issuer.realm) {
        return notice(&visit, StatusCode::OK, RecoveryNotice::Off);
    }
    form(&visit, StatusCode::OK, "", None)
}

/// What the page posts.
#[derive(ToSchema)]
pub struct RecoverForm {
    /// A user name or a mail address.
    #[schema(example = "ada")]
    pub username: String,
    /// The page's token.
    pub csrf: String,
}

/// Asks for a link by mail. One answer for every name, known or not.
#[utoipa::path(
    tag = "Pages",
    operation_id = "recover",
    request_body(content = RecoverForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "If there is such an account, a mail is on its way.", body = String, content_type = "text/html"),
        (status = 400, description = "Nothing was typed.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser, or passwords are not reset by mail here.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many requests under that name or from that address.", body = String, content_type = "text/html"),
    )
)]
#[post("/recover")]
async fn recover(visit: Visit, PageForm(posted): PageForm) -> Result<HttpResponse, PageError> {
    let (name, csrf) = (visit.one(&posted, "username")?, visit.one(&posted, "csrf")?);
    let recovery = &visit.use_cases().recover_account;
    if !recovery.is_offered(&visit.issuer.realm) {
        return notice(&visit, StatusCode::FORBIDDEN, RecoveryNotice::Off);
    }
    if !visit.is_form_of_stranger(csrf) {
        let problem = Some(RecoverProblem::Expired);
        return form(&visit, StatusCode::FORBIDDEN, name, problem);
    }
    if name.trim().is_empty() {
        let problem = Some(RecoverProblem::Missing);
        return form(&visit, StatusCode::BAD_REQUEST, name, problem);
    }
    let language = visit.language();
    let asked = AskedFor {
        name,
        language: &language,
        familiar: visit.cookies.get(CookieKind::Familiar),
    };
    let (realm, facts) = (&visit.issuer.realm, &visit.issuer.facts);
    match recovery.ask(realm, &asked, facts).await {
        Ok(()) => notice(&visit, StatusCode::OK, RecoveryNotice::Sent),
        Err(RecoveryError::NotOffered) => {
            notice(&visit, StatusCode::FORBIDDEN, RecoveryNotice::Off)
        }
        Err(RecoveryError::TooMany { retry_after }) => {
            let problem = Some(RecoverProblem::TooMany);
            let page = form(&visit, StatusCode::TOO_MANY_REQUESTS, name, problem)?;
            Ok(with_retry_after(page, retry_after))
        }
        Err(RecoveryError::Failed(failure)) => Err(visit.fail(failure)),
    }
}

/// The form behind a link to a new password. Looking at it spends nothing.
#[utoipa::path(
    tag = "Pages",
    operation_id = "reset_password_page",
    params(("token" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many links that were tried from there opened nothing.", body = String, content_type = "text/html"),
    )
)]
#[get("/recover/{token}")]
async fn reset_page(visit: Visit, path: Path<LinkPath>) -> Result<HttpResponse, PageError> {
    let open = opened(&visit, &path.token).await?;
    reset_form(&visit, StatusCode::OK, &path.token, &open, None)
}

/// What the page posts.
#[derive(ToSchema)]
pub struct ResetPasswordForm {
    /// The new password.
    #[schema(format = Password)]
    pub password: String,
}

/// Sets the password and spends the link. Whoever was signed in is not any more.
#[utoipa::path(
    tag = "Pages",
    operation_id = "reset_password",
    params(("token" = String, Path, description = "The secret of the link.")),
    request_body(content = ResetPasswordForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The password is set.", body = String, content_type = "text/html"),
        (status = 400, description = "The password cannot be used; the link is good still.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many links that were tried from there opened nothing.", body = String, content_type = "text/html"),
    )
)]
#[post("/recover/{token}")]
async fn reset(
    visit: Visit,
    path: Path<LinkPath>,
    PageForm(posted): PageForm,
) -> Result<HttpResponse, PageError> {
    let typed = visit.one(&posted, "password")?;
    if typed.is_empty() {
        let open = opened(&visit, &path.token).await?;
        let problem = Some(ResetProblem::Missing);
        return reset_form(&visit, StatusCode::BAD_REQUEST, &path.token, &open, problem);
    }
    let resets = &visit.use_cases().reset_passwords;
    let (realm, facts) = (&visit.issuer.realm, &visit.issuer.facts);
    match resets.reset(realm, &path.token, typed, facts).await {
        Ok(()) => notice(&visit, StatusCode::OK, RecoveryNotice::PasswordSet),
        Err(ResetError::Spent) => Err(spent(&visit)),
        Err(ResetError::TooMany { retry_after }) => Err(too_many(&visit, retry_after)),
        Err(ResetError::Refused(refused)) => refused_password(&visit, &path.token, refused).await,
        Err(ResetError::Failed(failure)) => Err(visit.fail(failure)),
    }
}

async fn refused_password(
    visit: &Visit,
    token: &str,
    refused: PasswordRefused,
) -> Result<HttpResponse, PageError> {
    let open = opened(visit, token).await?;
    let problem = Some(ResetProblem::Refused(refused));
    reset_form(visit, StatusCode::BAD_REQUEST, token, &open, problem)
}

async fn opened(visit: &Visit, token: &str) -> Result<OpenReset, PageError> {
    visit
        .use_cases()
        .reset_passwords
        .peek(&visit.issuer.realm, token, &visit.issuer.facts)
        .await
        .map_err(|error| unopened(visit, error))?
        .ok_or_else(|| spent(visit))
}

fn form(
    visit: &Visit,
    status: StatusCode,
    username: &str,
    problem: Option<RecoverProblem>,
) -> Result<HttpResponse, PageError> {
    let stranger = visit.stranger();
    let page = RecoverPage {
        frame: visit.frame(None),
        action: visit.path("/recover"),
        username: username.to_owned(),
        csrf: stranger.csrf.clone(),
        sign_in: visit.path("/login"),
        problem,
    };
    Ok(stranger.introduced(visit.page(status, &page)?))
}

fn reset_form(
    visit: &Visit,
    status: StatusCode,
    token: &str,
    open: &OpenReset,
    problem: Option<ResetProblem>,
) -> Result<HttpResponse, PageError> {
    let page = ResetPasswordPage {
        frame: visit.frame(None),
        // A good token has nothing that a path would have to escape.
        action: visit.path(&format!("/recover/{token}")),
        username: open.username.clone(),
        problem,
    };
    visit.page(status, &page)
}

/// A page of one sentence.
pub(crate) fn notice(
    visit: &Visit,
    status: StatusCode,
    notice: RecoveryNotice,
) -> Result<HttpResponse, PageError> {
    let page = RecoveryNoticePage {
        frame: visit.frame(None),
        notice,
        sign_in: visit.path("/login"),
    };
    visit.page(status, &page)
}
