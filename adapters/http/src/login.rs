//! The sign-in page and its post.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::session::Persistence;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::authorize::AskSignIn;
use gatelodge_usecases::mfa::Begun;
use gatelodge_usecases::sign_in::{PasswordAttempt, Proven, SignInError};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cookies::{CookieKind, Stay};
use crate::errors::{HttpError, with_retry_after};
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{Remember, SignInProblem};
use crate::prompts::Typed;
use crate::steps::{Goal, enter};
use crate::visit::{Visit, add_cookie};

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(login_page).service(login);
}

/// The sign-in page, on its own or for a request that waits.
#[utoipa::path(
    tag = "Pages",
    operation_id = "login_page",
    params(
        ("request" = Option<String>, Query, description = "The sealed request that waits."),
        ("next" = Option<String>, Query, description = "`security`: on to that page, also for who is signed in already."),
    ),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the account page, for who is signed in already."),
        (status = 400, description = "The request that waits is too old.", body = String, content_type = "text/html"),
    )
)]
#[get("/login")]
async fn login_page(visit: Visit, PageQuery(query): PageQuery) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &query).await?;
    if matches!(goal, Goal::Account) && visit.signed_in().await?.is_some() {
        return Ok(visit.see_other(&goal.reached(&visit)));
    }
    let typed = Typed {
        next: goal.next(),
        ..Typed::NOTHING
    };
    visit.sign_in_page(StatusCode::OK, goal.ask(), &typed, None)
}

/// What the page posts.
#[derive(ToSchema)]
pub struct LoginForm {
    /// Who signs in.
    #[schema(example = "ada")]
    pub username: String,
    /// Their password.
    #[schema(format = Password)]
    pub password: String,
    /// `yes`: stay signed in.
    #[schema(example = "yes")]
    pub remember: Option<String>,
    /// The sealed request that waits, where one does.
    pub request: Option<String>,
    /// Where to go on without one.
    pub next: Option<String>,
    /// The page's token.
    pub csrf: String,
}

/// A try to sign in. One answer for an unknown name, a wrong password and an account that may
/// not sign in.
#[utoipa::path(
    tag = "Pages",
    operation_id = "login",
    request_body(content = LoginForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed in; on with the request that waits. Or to the second step."),
        (status = 400, description = "Something was not filled in.", body = String, content_type = "text/html"),
        (status = 401, description = "User name or password is wrong.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many failed tries.", body = String, content_type = "text/html"),
        (status = 503, description = "Too much to do.", body = String, content_type = "text/html"),
    )
)]
#[post("/login")]
async fn login(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &form).await?;
    let posted = Posted::read(&form, &goal).map_err(|error| visit.error(&error))?;
    if let Some((status, problem)) = obstacle(&visit, &posted) {
        return visit.sign_in_page(status, goal.ask(), &posted.typed, Some(problem));
    }
    let attempt = PasswordAttempt {
        username: posted.typed.username.as_deref().unwrap_or_default(),
        password: &posted.password,
        client: goal.client().map(|client| client.id),
        familiar: visit.cookies.get(CookieKind::Familiar),
    };
    let checked = visit
        .use_cases()
        .password_check
        .check(&visit.issuer.realm, &attempt, &visit.issuer.facts)
        .await;
    let result = match checked {
        Ok(proven) => go_on(&visit, proven, &posted, &goal).await,
        Err(error) => Err(error),
    };
    result.or_else(|error| refused(&visit, error, &posted, goal.ask()))
}

/// What was posted.
struct Posted {
    typed: Typed,
    password: String,
    csrf: String,
}

impl Posted {
    fn read(parameters: &Parameters, goal: &Goal) -> Result<Self, HttpError> {
        let one = |name| parameters.one(name).map(Option::unwrap_or_default);
        let remember = if one("remember")? == "yes" {
            Remember::Yes
        } else {
            Remember::No
        };
        Ok(Self {
            typed: Typed {
                username: Some(one("username")?.to_owned()),
                remember,
                next: goal.next(),
            },
            password: one("password")?.to_owned(),
            csrf: one("csrf")?.to_owned(),
        })
    }
}

/// What stands in the way of a try, before anything is compared.
fn obstacle(visit: &Visit, posted: &Posted) -> Option<(StatusCode, SignInProblem)> {
    if !visit.is_form_of_stranger(&posted.csrf) {
        return Some((StatusCode::FORBIDDEN, SignInProblem::Expired));
    }
    let username = posted.typed.username.as_deref().unwrap_or_default();
    if username.trim().is_empty() {
        return Some((StatusCode::BAD_REQUEST, SignInProblem::UsernameMissing));
    }
    posted
        .password
        .is_empty()
        .then_some((StatusCode::BAD_REQUEST, SignInProblem::PasswordMissing))
}

/// Starts the session and goes on, or goes on with what else is asked.
async fn go_on(
    visit: &Visit,
    proven: Proven,
    posted: &Posted,
    goal: &Goal,
) -> Result<HttpResponse, SignInError> {
    let persistence = match posted.typed.remember {
        Remember::No => Persistence::BrowserSession,
        Remember::Yes => Persistence::Remembered,
    };
    let steps = &visit.use_cases().sign_in_steps;
    let account = posted.typed.username.as_deref().unwrap_or_default();
    let realm = &visit.issuer.realm;
    let facts = &visit.issuer.facts;
    let begun = steps
        .begin(realm, proven, account, persistence, goal.client(), facts)
        .await?;
    match begun {
        Begun::Cleared(cleared) => {
            let entered = steps
                .enter(realm, cleared, persistence, visit.session_secret(), facts)
                .await?;
            Ok(enter(
                visit,
                visit.see_other(&goal.reached(visit)),
                &entered,
            ))
        }
        Begun::Waiting(waiting) => {
            let mut response = visit.see_other(&goal.by_way_of(visit, "/login/factor"));
            let cookie = visit.cookies.set(
                CookieKind::Steps,
                waiting.secret.expose(),
                Stay::For(waiting.lifetime),
            );
            add_cookie(&mut response, &cookie);
            Ok(response)
        }
    }
}

/// The page again, with what the person should know.
fn refused(
    visit: &Visit,
    error: SignInError,
    posted: &Posted,
    ask: Option<&AskSignIn>,
) -> Result<HttpResponse, PageError> {
    let page = |status, problem| visit.sign_in_page(status, ask, &posted.typed, Some(problem));
    match error {
        SignInError::WrongCredentials => page(StatusCode::UNAUTHORIZED, SignInProblem::Wrong),
        SignInError::TooMany { retry_after } => {
            let page = page(StatusCode::TOO_MANY_REQUESTS, SignInProblem::TooManyTries)?;
            Ok(with_retry_after(page, retry_after))
        }
        SignInError::Failed(failure) => {
            visit.unless_it_passes(failure)?;
            page(StatusCode::SERVICE_UNAVAILABLE, SignInProblem::Busy)
        }
    }
}
