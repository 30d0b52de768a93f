//! The second step: a code of an authenticator, or a recovery code.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::Factor;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::mfa::{FactorAnswer, ProveError, RecoveryCount, Step};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Goal, Standing, enter};
use crate::cookies::CookieKind;
use crate::errors::with_retry_after;
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::pages::{FactorPage, FactorProblem, FactorWay};
use crate::visit::{Visit, add_cookie};

const PATH: &str = "/login/factor";

/// Adds the operations.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(factor_page).service(prove_factor);
}

/// The page of the second step, for a sign-in whose password was right or a session that is to
/// be raised.
#[utoipa::path(
    tag = "Pages",
    operation_id = "factor_page",
    params(
        ("request" = Option<String>, Query, description = "The sealed request that waits."),
        ("next" = Option<String>, Query, description = "`security`: on to that page."),
        ("method" = Option<String>, Query, description = "`recovery`: ask for a recovery code."),
    ),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the sign-in page, to setting one up, or on: nothing is asked."),
        (status = 400, description = "The request that waits is too old.", body = String, content_type = "text/html"),
    )
)]
#[get("/login/factor")]
async fn factor_page(visit: Visit, PageQuery(query): PageQuery) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &query).await?;
    let asked = Asked::of(&visit, &goal).await?;
    asked.page(&visit, &goal, (way(&query), StatusCode::OK, None))
}

/// What the page posts.
#[derive(ToSchema)]
pub struct FactorForm {
    /// The code.
    #[schema(example = "123456", format = Password)]
    pub code: String,
    /// `code` or `recovery`.
    #[schema(example = "code")]
    pub method: Option<String>,
    /// The sealed request that waits, where one does.
    pub request: Option<String>,
    /// Where to go on without one.
    pub next: Option<String>,
    /// The page's token.
    pub csrf: String,
}

/// A try to prove a second factor. One answer for a code that is wrong, too old or used.
#[utoipa::path(
    tag = "Pages",
    operation_id = "prove_factor",
    request_body(content = FactorForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed in; on with the request that waits. Or to the sign-in page: the sign-in is over."),
        (status = 400, description = "No code was sent.", body = String, content_type = "text/html"),
        (status = 401, description = "The code is wrong.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many failed tries.", body = String, content_type = "text/html"),
        (status = 503, description = "Too much to do.", body = String, content_type = "text/html"),
    )
)]
#[post("/login/factor")]
async fn prove_factor(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let goal = Goal::read(&visit, &form).await?;
    let way = way(&form);
    let asked = Asked::of(&visit, &goal).await?;
    if !asked.standing.fits(&visit, form.text("csrf")) {
        let problem = Some(FactorProblem::Expired);
        return asked.page(&visit, &goal, (way, StatusCode::FORBIDDEN, problem));
    }
    let code = form.text("code");
    if code.trim().is_empty() {
        let problem = Some(FactorProblem::Missing);
        return asked.page(&visit, &goal, (way, StatusCode::BAD_REQUEST, problem));
    }
    let answer = match way {
        FactorWay::Code => FactorAnswer::Code(code),
        FactorWay::Recovery => FactorAnswer::RecoveryCode(code),
    };
    let cookies = (
        visit.cookies.get(CookieKind::Familiar),
        visit.session_secret(),
    );
    let proved = visit
        .use_cases()
        .sign_in_steps
        .prove(
            &visit.issuer.realm,
            &asked.standing.at,
            answer,
            cookies,
            &visit.issuer.facts,
        )
        .await;
    match proved {
        Ok(entered) => Ok(enter(
            &visit,
            visit.see_other(&goal.reached(&visit)),
            &entered,
        )),
        Err(error) => asked.refused(&visit, &goal, way, error),
    }
}

fn way(parameters: &Parameters) -> FactorWay {
    match parameters.text("method") {
        "recovery" => FactorWay::Recovery,
        _ => FactorWay::Code,
    }
}

/// Somebody of whom a second factor is asked.
struct Asked {
    standing: Standing,
    factors: Vec<Factor>,
    recovery: RecoveryCount,
}

impl Asked {
    /// Whoever is at this step; else where they belong instead.
    async fn of(visit: &Visit, goal: &Goal) -> Result<Self, PageError> {
        let (standing, step) = Standing::at(visit, goal).await?;
        let elsewhere = match step {
            Step::Prove { factors, recovery } => {
                return Ok(Self {
                    standing,
                    factors,
                    recovery,
                });
            }
            Step::Enrol | Step::SignInAgain => goal.by_way_of(visit, "/login/enrolment"),
            Step::Nothing => goal.reached(visit),
        };
        Err(visit.see_other(&elsewhere).into())
    }

    fn page(
        &self,
        visit: &Visit,
        goal: &Goal,
        (way, status, problem): (FactorWay, StatusCode, Option<FactorProblem>),
    ) -> Result<HttpResponse, PageError> {
        let here = goal.by_way_of(visit, PATH);
        let joint = if here.contains('?') { '&' } else { '?' };
        let other_way = match way {
            FactorWay::Code => format!("{here}{joint}method={}", FactorWay::Recovery.as_str()),
            FactorWay::Recovery => here,
        };
        let mut names = self.factors.iter().map(|factor| factor.name.as_str());
        let first = names.next().unwrap_or_default().to_owned();
        let others: Vec<&str> = names.collect();
        let page = FactorPage {
            frame: visit.frame(goal.ui_locales()),
            action: visit.path(PATH),
            way,
            first,
            others: others.join(", "),
            recovery_codes: self.recovery.left,
            other_way,
            start_over: goal.by_way_of(visit, "/login"),
            client: goal.client_view(),
            request: goal.request(),
            next: goal.next().to_owned(),
            csrf: self.standing.csrf.clone(),
            problem,
        };
        visit.page(status, &page)
    }

    fn refused(
        &self,
        visit: &Visit,
        goal: &Goal,
        way: FactorWay,
        error: ProveError,
    ) -> Result<HttpResponse, PageError> {
        let page = |status, problem| self.page(visit, goal, (way, status, Some(problem)));
        match error {
            ProveError::Wrong => page(StatusCode::UNAUTHORIZED, FactorProblem::Wrong),
            ProveError::TooMany { retry_after } => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let page = page(status, FactorProblem::TooManyTries)?;
                Ok(with_retry_after(page, retry_after))
            }
            ProveError::Over => {
                let mut response = visit.see_other(&goal.by_way_of(visit, "/login"));
                add_cookie(&mut response, &visit.cookies.clear(CookieKind::Steps));
                Ok(response)
            }
            ProveError::Failed(failure) => {
                visit.unless_it_passes(failure)?;
                page(StatusCode::SERVICE_UNAVAILABLE, FactorProblem::Busy)
            }
        }
    }
}
