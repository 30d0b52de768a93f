//! Setting up a second factor because the sign-in cannot go on without one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::{DisplayName, FactorKind};
use gatelodge_usecases::Failure;
use gatelodge_usecases::mfa::{EnrolError, Enrolment, NewRecoveryCodes, Offer, Step};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Goal, Standing, enter};
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{
    EnrolmentPage, EnrolmentProblem, EnrolmentReason, QrDrawing, RecoveryCodesPage, default_name,
    grouped,
};
use crate::visit::Visit;

const PATH: &str = "/login/enrolment";

/// Adds the operations.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(enrolment_page).service(enrol);
}

/// The page that sets up a second factor, for a sign-in that needs one where there is none.
#[utoipa::path(
    tag = "Pages",
    operation_id = "enrolment_page",
    params(
        ("request" = Option<String>, Query, description = "The sealed request that waits."),
        ("next" = Option<String>, Query, description = "`security`: on to that page."),
    ),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the sign-in page, to the second step, or on: nothing is asked."),
        (status = 400, description = "The request that waits is too old.", body = String, content_type = "text/html"),
    )
)]
#[get("/login/enrolment")]
async fn enrolment_page(
    visit: Visit,
    PageQuery(query): PageQuery,
) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &query).await?;
    let (standing, _) = at_step(&visit, &goal).await?;
    let steps = &visit.use_cases().sign_in_steps;
    let enrolment = steps
        .begin_enrolment(&visit.issuer.realm, &standing.at, FactorKind::Totp)
        .map_err(|failure| visit.fail(failure))?;
    let name = default_name(&visit.frame(goal.ui_locales()));
    page(
        &visit,
        (&goal, &standing),
        &enrolment,
        (StatusCode::OK, name, None),
    )
}

/// What the page posts.
#[derive(ToSchema)]
pub struct EnrolmentForm {
    /// What the person calls it.
    #[schema(example = "Phone")]
    pub name: String,
    /// A code of it.
    #[schema(example = "123456", format = Password)]
    pub code: String,
    /// The sealed enrolment.
    pub enrolment: String,
    /// The sealed request that waits, where one does.
    pub request: Option<String>,
    /// Where to go on without one.
    pub next: Option<String>,
    /// The page's token.
    pub csrf: String,
}

/// Sets it up where the code proves that the person has it, and signs them in. Recovery codes
/// are shown, this once.
#[utoipa::path(
    tag = "Pages",
    operation_id = "enrol",
    request_body(content = EnrolmentForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Signed in; the recovery codes.", body = String, content_type = "text/html"),
        (status = 303, description = "Signed in; on with the request that waits. Or to the sign-in page: the sign-in is over."),
        (status = 400, description = "The name cannot be used.", body = String, content_type = "text/html"),
        (status = 401, description = "The code is wrong.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
    )
)]
#[post("/login/enrolment")]
async fn enrol(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &form).await?;
    let (standing, step) = at_step(&visit, &goal).await?;
    let (name, sealed) = (form.text("name"), form.text("enrolment"));
    let steps = &visit.use_cases().sign_in_steps;
    let again = |status, problem| {
        let enrolment = steps
            .same_enrolment(&visit.issuer.realm, &standing.at, sealed)
            .map_err(|failure| visit.fail(failure))?;
        let shown = (status, name.to_owned(), Some(problem));
        page(&visit, (&goal, &standing), &enrolment, shown)
    };
    if !standing.fits(&visit, form.text("csrf")) {
        return again(StatusCode::FORBIDDEN, EnrolmentProblem::Expired);
    }
    let Ok(called) = DisplayName::parse(name.trim()) else {
        return again(StatusCode::BAD_REQUEST, EnrolmentProblem::Name);
    };
    let finished = steps
        .finish_enrolment(
            &visit.issuer.realm,
            (&standing.at, &step),
            sealed,
            (form.text("code"), called),
            visit.session_secret(),
            &visit.issuer.facts,
        )
        .await;
    match finished {
        Ok((entered, codes)) => {
            let on = goal.reached(&visit);
            let user = standing.at.user().username.as_str();
            let response = match codes {
                Some(codes) => codes_page(&visit, user, &codes, on)?,
                None => visit.see_other(&on),
            };
            Ok(enter(&visit, response, &entered))
        }
        Err(EnrolError::Wrong) => again(StatusCode::UNAUTHORIZED, EnrolmentProblem::Wrong),
        Err(EnrolError::Expired) => again(StatusCode::FORBIDDEN, EnrolmentProblem::Expired),
        // Posted twice, or finished in another window: whoever is signed in goes on.
        Err(EnrolError::Full | EnrolError::SignInAgain) => {
            Ok(visit.see_other(&goal.by_way_of(&visit, "/login")))
        }
        Err(EnrolError::Failed(failure)) => Err(visit.fail(failure)),
    }
}

/// Whoever is at this step; else where they belong instead.
async fn at_step(visit: &Visit, goal: &Goal) -> Result<(Standing, Step), PageError> {
    let (standing, step) = Standing::at(visit, goal).await?;
    let elsewhere = match step {
        Step::Enrol => return Ok((standing, step)),
        Step::Prove { .. } => goal.by_way_of(visit, "/login/factor"),
        // The sign-in page shows itself to whoever is signed in only with a goal.
        Step::SignInAgain if matches!(goal, Goal::Account) => {
            Goal::Security.by_way_of(visit, "/login")
        }
        Step::SignInAgain => goal.by_way_of(visit, "/login"),
        Step::Nothing => goal.reached(visit),
    };
    Err(visit.see_other(&elsewhere).into())
}

fn page(
    visit: &Visit,
    (goal, standing): (&Goal, &Standing),
    enrolment: &Enrolment,
    (status, name, problem): (StatusCode, String, Option<EnrolmentProblem>),
) -> Result<HttpResponse, PageError> {
    let (qr, uri, secret) = drawing(visit, &enrolment.offer)?;
    let page = EnrolmentPage {
        frame: visit.frame(goal.ui_locales()),
        reason: EnrolmentReason::Need,
        action: visit.path(PATH),
        qr,
        uri,
        secret,
        name,
        enrolment: enrolment.sealed.clone(),
        cancel: goal.by_way_of(visit, "/login"),
        request: goal.request(),
        next: goal.next().to_owned(),
        csrf: standing.csrf.clone(),
        problem,
    };
    visit.page(status, &page)
}

/// What is shown of an offer: its QR code, its address, and its secret to be typed.
pub(crate) fn drawing(
    visit: &Visit,
    offer: &Offer,
) -> Result<(QrDrawing, String, String), PageError> {
    let Offer::Totp { uri, secret, .. } = offer;
    let qr =
        QrDrawing::of(uri.expose()).map_err(|error| visit.fail(Failure::Broken(error.into())))?;
    Ok((qr, uri.expose().clone(), grouped(secret.expose())))
}

/// The page of recovery codes, shown once.
pub(crate) fn codes_page(
    visit: &Visit,
    user: &str,
    NewRecoveryCodes(codes): &NewRecoveryCodes,
    on: String,
) -> Result<HttpResponse, PageError> {
    let page = RecoveryCodesPage {
        frame: visit.frame(None),
        user: user.to_owned(),
        codes: codes.iter().map(|code| code.expose().clone()).collect(),
        on,
    };
    visit.page(StatusCode::OK, &page)
}
