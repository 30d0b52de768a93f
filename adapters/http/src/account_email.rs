//! A person's own mail address: proving it, and using another one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::Email;
use gatelodge_domain::user::Verification;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::recovery::AddressError;
use gatelodge_usecases::sessions::SignedIn;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cookies::CookieKind;
use crate::errors::with_retry_after;
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{AccountEmailPage, CanSend, EmailNotice, Proof};
use crate::visit::Visit;

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(account_email)
        .service(change_email)
        .service(send_verification);
}

/// The page.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_email_page",
    params(("done" = Option<String>, Query, description = "What the last post did.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the account page, for who is not signed in."),
    )
)]
#[get("/account/email")]
async fn account_email(
    visit: Visit,
    PageQuery(query): PageQuery,
) -> Result<HttpResponse, PageError> {
    let notice = match query.text("done") {
        "sent" => Some(EmailNotice::Sent),
        _ => None,
    };
    match visit.signed_in().await? {
        Some(me) => page(&visit, StatusCode::OK, &me, "", notice),
        None => Ok(visit.see_other(&visit.path("/account"))),
    }
}

/// What the page posts to use another address.
#[derive(ToSchema)]
pub struct ChangeEmailForm {
    /// The new address.
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// The present password.
    #[schema(format = Password)]
    pub current: String,
    /// The page's token.
    pub csrf: String,
}

/// Sends a link to another address, which takes the place of the one on file once it is spent,
/// and word to that one.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_change_email",
    request_body(content = ChangeEmailForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "A mail is on its way."),
        (status = 400, description = "The address or the password cannot be used.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser, or mail cannot be sent here.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many requests.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/email")]
async fn change_email(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let (typed, current) = (visit.one(&form, "email")?, visit.one(&form, "current")?);
    let Ok(email) = Email::parse(typed.trim()) else {
        let notice = Some(EmailNotice::BadAddress);
        return page(&visit, StatusCode::BAD_REQUEST, &me, typed, notice);
    };
    let language = &visit.language();
    let familiar = visit.cookies.get(CookieKind::Familiar);
    let addresses = &visit.use_cases().verify_addresses;
    let (realm, facts) = (&visit.issuer.realm, &visit.issuer.facts);
    let changed = addresses
        .change(realm, &me, (&email, current), (language, familiar), facts)
        .await;
    answer(&visit, &me, typed, changed)
}

/// What the page posts to prove the address on file.
#[derive(ToSchema)]
pub struct SendVerificationForm {
    /// The page's token.
    pub csrf: String,
}

/// Sends a link to the address on file.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_send_email_verification",
    request_body(content = SendVerificationForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "A mail is on its way."),
        (status = 403, description = "The form is too old or not of this browser, or mail cannot be sent here.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many requests.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/email/verification")]
async fn send_verification(
    visit: Visit,
    PageForm(form): PageForm,
) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let language = &visit.language();
    let addresses = &visit.use_cases().verify_addresses;
    let (realm, facts) = (&visit.issuer.realm, &visit.issuer.facts);
    match addresses.ask(realm, &me, language, facts).await {
        // Proved meanwhile, in another window: the page shows it.
        Err(AddressError::NothingToProve) => Ok(visit.see_other(&visit.path("/account/email"))),
        asked => answer(&visit, &me, "", asked),
    }
}

/// Whoever posted one of the page's forms; else the page again, or the account page.
async fn posted(visit: &Visit, form: &Parameters) -> Result<SignedIn, PageError> {
    let Some(me) = visit.signed_in().await? else {
        return Err(visit.see_other(&visit.path("/account")).into());
    };
    if visit.is_form_of(&me, form.text("csrf")) {
        return Ok(me);
    }
    let notice = Some(EmailNotice::Expired);
    Err(page(visit, StatusCode::FORBIDDEN, &me, "", notice)?.into())
}

fn answer(
    visit: &Visit,
    me: &SignedIn,
    typed: &str,
    outcome: Result<(), AddressError>,
) -> Result<HttpResponse, PageError> {
    let again = |status, notice| page(visit, status, me, typed, Some(notice));
    match outcome {
        Ok(()) => Ok(visit.see_other(&visit.path("/account/email?done=sent"))),
        Err(AddressError::NotOffered) => page(visit, StatusCode::FORBIDDEN, me, typed, None),
        Err(AddressError::NothingToProve | AddressError::Spent) => {
            again(StatusCode::BAD_REQUEST, EmailNotice::SameAddress)
        }
        Err(AddressError::WrongPassword) => {
            again(StatusCode::BAD_REQUEST, EmailNotice::WrongPassword)
        }
        Err(AddressError::TooMany { retry_after }) => {
            let page = again(StatusCode::TOO_MANY_REQUESTS, EmailNotice::TooMany)?;
            Ok(with_retry_after(page, retry_after))
        }
        Err(AddressError::Failed(failure)) => Err(visit.fail(failure)),
    }
}

fn page(
    visit: &Visit,
    status: StatusCode,
    me: &SignedIn,
    typed: &str,
    notice: Option<EmailNotice>,
) -> Result<HttpResponse, PageError> {
    let proof = match me.user.email_verification {
        Verification::Verified => Proof::Given,
        Verification::Unverified => Proof::Missing,
    };
    let email = me.user.email.as_ref();
    let can_send = if visit.use_cases().verify_addresses.is_offered() {
        CanSend::Yes
    } else {
        CanSend::No
    };
    let page = AccountEmailPage {
        frame: visit.frame(None),
        username: me.user.username.as_str().to_owned(),
        email: email.map(|email| (email.as_str().to_owned(), proof)),
        can_send,
        send_action: visit.path("/account/email/verification"),
        change_action: visit.path("/account/email"),
        typed: typed.to_owned(),
        account: visit.path("/account"),
        csrf: visit.csrf(me),
        notice,
    };
    visit.page(status, &page)
}
