//! A person's own page: where they are signed in, and how to end it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::user::{PasswordChange, ProfileClaim};
use gatelodge_domain::{Id, Session};
use gatelodge_usecases::sessions::SignedIn;
use gatelodge_usecases::sign_out::SignedOut;
use gatelodge_usecases::{Error, ErrorCode, Parameters};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::account_profile;
use crate::cookies::CookieKind;
use crate::errors::HttpError;
use crate::logout::{done, shown};
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{AccountNotice, AccountPage, AccountPerson, SessionPlace, SessionRow};
use crate::spoken::{device, moment};
use crate::steps::{Goal, SECURITY};
use crate::visit::{Visit, add_cookie};

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(account)
        .service(sign_out)
        .service(end_session)
        .service(sign_out_everywhere);
}

/// The person's own page.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_page",
    params(("done" = Option<String>, Query, description = "What the last post did.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the page on which they choose another password first."),
    )
)]
#[get("/account")]
async fn account(visit: Visit, PageQuery(query): PageQuery) -> Result<HttpResponse, PageError> {
    let notice = match query.text("done") {
        "ended" => Some(AccountNotice::Ended),
        _ => None,
    };
    if let Some(me) = visit.signed_in().await?
        && me.user.password_change == PasswordChange::Required
    {
        return Ok(visit.see_other(&Goal::Account.by_way_of(&visit, "/login/new-password")));
    }
    page(&visit, StatusCode::OK, notice).await
}

/// What the page posts to sign this browser out.
#[derive(ToSchema)]
pub struct SignOutForm {
    /// The page's token.
    pub csrf: String,
    /// The sealed request of the client that asked, where one did.
    pub request: Option<String>,
}

/// Signs this browser out; the page before it may have been asked for by a client.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_sign_out",
    request_body(content = SignOutForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Signed out.", body = String, content_type = "text/html"),
        (status = 303, description = "Signed out; back to the client."),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/sign-out")]
async fn sign_out(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let sealed = form.text("request");
    let signed_out = visit
        .use_cases()
        .sign_out
        .confirm(&visit.issuer.realm, sealed, &me, &visit.issuer.facts)
        .await
        .map_err(|error| shown(&visit, error))?;
    done(&visit, signed_out)
}

/// What the page posts to end one session.
#[derive(ToSchema)]
pub struct EndSessionForm {
    /// The session's row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    pub session: String,
    /// `security`: come back to that page.
    pub back: Option<String>,
    /// The page's token.
    pub csrf: String,
}

/// Ends one of the person's sessions.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_end_session",
    request_body(content = EndSessionForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page."),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such session.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/sessions/end")]
async fn end_session(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let not_found = |_| visit.error(&HttpError::not_found());
    let session: Id<Session> = Id::parse(form.text("session")).map_err(not_found)?;
    let ended = visit
        .use_cases()
        .own_sessions
        .end(&visit.issuer.realm, &me, session, &visit.issuer.facts)
        .await;
    match ended {
        Ok(()) => {}
        // It was ended meanwhile, or is not theirs: either way it is not there.
        Err(Error::Denied(denial)) if denial.code == ErrorCode::NotFound => {
            return Err(visit.error(&HttpError::not_found()));
        }
        Err(error) => return Err(visit.error(&error.into())),
    }
    let back = match form.text("back") {
        SECURITY => "/account/security?done=ended",
        _ => "/account?done=ended",
    };
    Ok(visit.see_other(&visit.path(back)))
}

/// What the page posts to end all sessions.
#[derive(ToSchema)]
pub struct SignOutEverywhereForm {
    /// The page's token.
    pub csrf: String,
}

/// Ends all of the person's sessions.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_sign_out_everywhere",
    request_body(content = SignOutEverywhereForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Signed out.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/sign-out-everywhere")]
async fn sign_out_everywhere(
    visit: Visit,
    PageForm(form): PageForm,
) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    visit
        .use_cases()
        .own_sessions
        .end_everywhere(&visit.issuer.realm, &me, &visit.issuer.facts)
        .await
        .map_err(|failure| visit.fail(failure))?;
    done(&visit, SignedOut::default())
}

/// Whoever posted one of the page's forms; else the page again.
async fn posted(visit: &Visit, form: &Parameters) -> Result<SignedIn, PageError> {
    if let Some(me) = visit.signed_in().await?
        && visit.is_form_of(&me, form.text("csrf"))
    {
        return Ok(me);
    }
    let notice = Some(AccountNotice::Expired);
    Err(page(visit, StatusCode::FORBIDDEN, notice).await?.into())
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    notice: Option<AccountNotice>,
) -> Result<HttpResponse, PageError> {
    let me = visit.signed_in().await?;
    let csrf = me.as_ref().map(|me| visit.csrf(me));
    let person = match &me {
        Some(me) => Some(person(visit, me).await?),
        None => None,
    };
    let is_stranger = person.is_none();
    let page = AccountPage {
        frame: visit.frame(None),
        person,
        sign_in: visit.path("/login"),
        sign_out_action: visit.path("/account/sign-out"),
        security: visit.path("/account/security"),
        email: visit.path("/account/email"),
        profile: account_profile::is_offered(visit).then(|| visit.path("/account/profile")),
        end_action: visit.path("/account/sessions/end"),
        everywhere_action: visit.path("/account/sign-out-everywhere"),
        csrf: csrf.unwrap_or_default(),
        notice,
    };
    let mut response = visit.page(status, &page)?;
    if is_stranger && visit.session_secret().is_some() {
        add_cookie(&mut response, &visit.cookies.clear(CookieKind::Session));
    }
    Ok(response)
}

async fn person(visit: &Visit, me: &SignedIn) -> Result<AccountPerson, PageError> {
    let sessions = session_rows(visit, me).await?;
    let username = me.user.username.as_str().to_owned();
    let name = me.user.profile.get(ProfileClaim::Name);
    Ok(AccountPerson {
        name: name.map_or_else(|| username.clone(), str::to_owned),
        username,
        sessions,
    })
}

/// The live sessions of whoever is signed in, this browser's first.
pub(crate) async fn session_rows(
    visit: &Visit,
    me: &SignedIn,
) -> Result<Vec<SessionRow>, PageError> {
    let sessions = visit
        .use_cases()
        .own_sessions
        .list(&visit.issuer.realm, me, visit.now())
        .await
        .map_err(|failure| visit.fail(failure))?;
    Ok(sessions.iter().map(|session| row(session, me)).collect())
}

fn row(session: &Session, me: &SignedIn) -> SessionRow {
    let place = if session.id == me.session.id {
        SessionPlace::Here
    } else {
        SessionPlace::Elsewhere
    };
    SessionRow {
        id: session.id.to_string(),
        device: device(session.user_agent.as_deref().unwrap_or_default()),
        address: session.address.clone().unwrap_or_default(),
        started: moment(session.created_at),
        last_seen: moment(session.seen_at),
        place,
    }
}
