//! The second step: a code of an authenticator, or a recovery code.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::Factor;
use gatelodge_usecases::mfa::{FactorAnswer, ProveError, RecoveryCount, Step};
use gatelodge_usecases::{Failure, Parameters};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Goal, Standing, enter};
use crate::cookies::CookieKind;
use crate::error_page::PageError;
use crate::errors::{HttpError, whole_seconds};
use crate::pages::{FactorPage, FactorProblem, FactorWay};
use crate::parameters::{FormParameters, QueryParameters};
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
async fn factor_page(
    visit: Visit,
    query: Result<QueryParameters, HttpError>,
) -> Result<HttpResponse, PageError> {
    let QueryParameters(parameters) = query.map_err(|error| visit.error(&error))?;
    let goal = Goal::read(&visit, &parameters).await?;
    let way = way(&parameters);
    match Asked::of(&visit, &goal).await? {
        Ok(asked) => asked.page(&visit, &goal, (way, StatusCode::OK, None)),
        Err(elsewhere) => Ok(elsewhere),
    }
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
async fn prove_factor(
    visit: Visit,
    form: Result<FormParameters, HttpError>,
) -> Result<HttpResponse, PageError> {
    let FormParameters(parameters) = form.map_err(|error| visit.error(&error))?;
    let goal = Goal::read(&visit, &parameters).await?;
    let way = way(&parameters);
    let asked = match Asked::of(&visit, &goal).await? {
        Ok(asked) => asked,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let one = |name| parameters.one(name).ok().flatten().unwrap_or_default();
    let (code, csrf) = (one("code"), one("csrf"));
    if !asked.standing.fits(&visit, csrf) {
        let problem = Some(FactorProblem::Expired);
        return asked.page(&visit, &goal, (way, StatusCode::FORBIDDEN, problem));
    }
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
    match parameters.one("method") {
        Ok(Some("recovery")) => FactorWay::Recovery,
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
    /// Whoever is at this step; or where they belong instead.
    async fn of(visit: &Visit, goal: &Goal) -> Result<Result<Self, HttpResponse>, PageError> {
        let Some(standing) = Standing::of(visit).await? else {
            return Ok(Err(visit.see_other(&goal.by_way_of(visit, "/login"))));
        };
        let step = visit
            .use_cases()
            .sign_in_steps
            .step(&visit.issuer.realm, &standing.at, goal.client())
            .await
            .map_err(|failure| visit.fail(failure))?;
        Ok(match step {
            Step::Prove { factors, recovery } => Ok(Self {
                standing,
                factors,
                recovery,
            }),
            Step::Enrol | Step::SignInAgain => {
                Err(visit.see_other(&goal.by_way_of(visit, "/login/enrolment")))
            }
            Step::Nothing => Err(visit.see_other(&goal.reached(visit))),
        })
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
                let mut response = page(status, FactorProblem::TooManyTries)?;
                let wait = whole_seconds(retry_after);
                response.headers_mut().insert(header::RETRY_AFTER, wait);
                Ok(response)
            }
            ProveError::Over => {
                let mut response = visit.see_other(&goal.by_way_of(visit, "/login"));
                add_cookie(&mut response, &visit.cookies.clear(CookieKind::Steps));
                Ok(response)
            }
            ProveError::Failed(Failure::Unavailable(source)) => {
                // Logged like any other failure; the person keeps the page.
                let _incident = visit.fail(Failure::Unavailable(source));
                page(StatusCode::SERVICE_UNAVAILABLE, FactorProblem::Busy)
            }
            ProveError::Failed(failure) => Err(visit.fail(failure)),
        }
    }
}
