//! Another password, before a person goes on whose present one somebody else knows.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::user::PasswordChange;
use gatelodge_usecases::Failure;
use gatelodge_usecases::passwords::ChangePasswordError;
use gatelodge_usecases::sessions::SignedIn;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Goal;
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{NewPasswordPage, NewPasswordProblem};
use crate::visit::{Visit, person_name};

const PATH: &str = "/login/new-password";

/// Adds the operations.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(new_password_page).service(new_password);
}

/// The page on which a person who must choose another password does so.
#[utoipa::path(
    tag = "Pages",
    operation_id = "new_password_page",
    params(
        ("request" = Option<String>, Query, description = "The sealed request that waits."),
        ("next" = Option<String>, Query, description = "`security`: on to that page."),
    ),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the sign-in page, or on: nothing is asked."),
        (status = 400, description = "The request that waits is too old.", body = String, content_type = "text/html"),
    )
)]
#[get("/login/new-password")]
async fn new_password_page(
    visit: Visit,
    PageQuery(query): PageQuery,
) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &query).await?;
    let me = asked(&visit, &goal).await?;
    page(&visit, &goal, &me, (StatusCode::OK, None))
}

/// What the page posts.
#[derive(ToSchema)]
pub struct NewPasswordForm {
    /// The new password.
    #[schema(format = Password)]
    pub password: String,
    /// The sealed request that waits, where one does.
    pub request: Option<String>,
    /// Where to go on without one.
    pub next: Option<String>,
    /// The page's token.
    pub csrf: String,
}

/// Sets the new password and goes on. Every other session of the person ends.
#[utoipa::path(
    tag = "Pages",
    operation_id = "new_password",
    request_body(content = NewPasswordForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "On with the request that waits, or to the sign-in page."),
        (status = 400, description = "The password is not taken.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 503, description = "Too much to do.", body = String, content_type = "text/html"),
    )
)]
#[post("/login/new-password")]
async fn new_password(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &form).await?;
    let me = asked(&visit, &goal).await?;
    let again = |status, problem| page(&visit, &goal, &me, (status, Some(problem)));
    if !visit.is_form_of(&me, form.text("csrf")) {
        return again(StatusCode::FORBIDDEN, NewPasswordProblem::Expired);
    }
    let password = form.text("password");
    if password.is_empty() {
        return again(StatusCode::BAD_REQUEST, NewPasswordProblem::Missing);
    }
    let changed = visit
        .use_cases()
        .change_password
        .replace_required(&visit.issuer.realm, &me, password, &visit.issuer.facts)
        .await;
    match changed {
        Ok(()) | Err(ChangePasswordError::NotRequired) => {
            Ok(visit.see_other(&goal.reached(&visit)))
        }
        Err(ChangePasswordError::Refused(refused)) => again(
            StatusCode::BAD_REQUEST,
            NewPasswordProblem::Refused(refused),
        ),
        Err(ChangePasswordError::Failed(failure)) => {
            visit.unless_it_passes(failure)?;
            again(StatusCode::SERVICE_UNAVAILABLE, NewPasswordProblem::Busy)
        }
        Err(ChangePasswordError::WrongCurrent | ChangePasswordError::TooMany { .. }) => {
            Err(visit.fail(Failure::broken("nobody asked for the present password")))
        }
    }
}

/// Whoever must choose; else where they belong instead.
async fn asked(visit: &Visit, goal: &Goal) -> Result<SignedIn, PageError> {
    let elsewhere = match visit.signed_in().await? {
        None => goal.by_way_of(visit, "/login"),
        Some(me) if me.user.password_change == PasswordChange::Required => return Ok(me),
        Some(_) => goal.reached(visit),
    };
    Err(visit.see_other(&elsewhere).into())
}

fn page(
    visit: &Visit,
    goal: &Goal,
    me: &SignedIn,
    (status, problem): (StatusCode, Option<NewPasswordProblem>),
) -> Result<HttpResponse, PageError> {
    let page = NewPasswordPage {
        frame: visit.frame(goal.ui_locales()),
        action: visit.path(PATH),
        user: person_name(me),
        client: goal.client_view(),
        request: goal.request(),
        next: goal.next().to_owned(),
        csrf: visit.csrf(me),
        problem,
    };
    visit.page(status, &page)
}
