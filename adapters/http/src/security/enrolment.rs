//! Setting up another authenticator from the person's own page.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::{DisplayName, FactorKind};
use gatelodge_usecases::mfa::{EnrolError, Enrolment};
use gatelodge_usecases::sessions::SignedIn;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::page::{PATH, back, posted, signed_in};
use crate::page_error::PageError;
use crate::page_parameters::PageForm;
use crate::pages::{EnrolmentPage, EnrolmentProblem, EnrolmentReason, default_name};
use crate::steps::{Goal, codes_page, drawing, set_session};
use crate::visit::{Visit, person_name};

/// Adds the operations.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(add_factor_page).service(add_factor);
}

/// The page that sets up another authenticator.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_add_factor_page",
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the sign-in page: the sign-in is too old."),
    )
)]
#[get("/account/security/factors/new")]
async fn add_factor_page(visit: Visit) -> Result<HttpResponse, PageError> {
    let me = signed_in(&visit).await?;
    let begun = visit
        .use_cases()
        .own_factors
        .begin(&visit.issuer.realm, &me, FactorKind::Totp);
    match begun {
        Ok(enrolment) => {
            let name = default_name(&visit.frame(None));
            page(&visit, &me, &enrolment, (StatusCode::OK, name, None))
        }
        Err(error) => elsewhere(&visit, error),
    }
}

/// What the page posts.
#[derive(ToSchema)]
pub struct AddFactorForm {
    /// What the person calls it.
    #[schema(example = "Phone")]
    pub name: String,
    /// A code of it.
    #[schema(example = "123456", format = Password)]
    pub code: String,
    /// The sealed enrolment.
    pub enrolment: String,
    /// The page's token.
    pub csrf: String,
}

/// Sets it up where the code proves that the person has it. The session has proved a second
/// factor then. With the first one, recovery codes are shown, this once.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_add_factor",
    request_body(content = AddFactorForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Set up; the recovery codes.", body = String, content_type = "text/html"),
        (status = 303, description = "Set up, or to the sign-in page: the sign-in is too old."),
        (status = 400, description = "The name cannot be used.", body = String, content_type = "text/html"),
        (status = 401, description = "The code is wrong.", body = String, content_type = "text/html"),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/security/factors/new")]
async fn add_factor(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let (name, sealed) = (form.text("name"), form.text("enrolment"));
    let own = &visit.use_cases().own_factors;
    let realm = &visit.issuer.realm;
    let again = |status, problem| {
        let same = own
            .again(realm, &me, sealed)
            .or_else(|_| own.begin(realm, &me, FactorKind::Totp));
        match same {
            Ok(enrolment) => {
                let shown = (status, name.to_owned(), Some(problem));
                page(&visit, &me, &enrolment, shown)
            }
            Err(error) => elsewhere(&visit, error),
        }
    };
    let Ok(called) = DisplayName::parse(name.trim()) else {
        return again(StatusCode::BAD_REQUEST, EnrolmentProblem::Name);
    };
    let finished = own
        .finish(
            realm,
            &me,
            sealed,
            (form.text("code"), called),
            &visit.issuer.facts,
        )
        .await;
    match finished {
        Ok((session, codes)) => {
            let mut response = match codes {
                Some(codes) => {
                    let on = visit.path(&format!("{PATH}?done=added"));
                    codes_page(&visit, &person_name(&me), &codes, on)?
                }
                None => back(&visit, "added"),
            };
            set_session(&visit, &mut response, &session);
            Ok(response)
        }
        Err(EnrolError::Wrong) => again(StatusCode::UNAUTHORIZED, EnrolmentProblem::Wrong),
        Err(EnrolError::Expired) => again(StatusCode::FORBIDDEN, EnrolmentProblem::Expired),
        Err(error) => elsewhere(&visit, error),
    }
}

/// Where somebody belongs who cannot set one up.
fn elsewhere(visit: &Visit, error: EnrolError) -> Result<HttpResponse, PageError> {
    match error {
        EnrolError::SignInAgain => Ok(visit.see_other(&Goal::Security.by_way_of(visit, "/login"))),
        // Posted twice, or they have as many as they can have: the page shows which.
        EnrolError::Full | EnrolError::Expired | EnrolError::Wrong => {
            Ok(visit.see_other(&visit.path(PATH)))
        }
        EnrolError::Failed(failure) => Err(visit.fail(failure)),
    }
}

fn page(
    visit: &Visit,
    me: &SignedIn,
    enrolment: &Enrolment,
    (status, name, problem): (StatusCode, String, Option<EnrolmentProblem>),
) -> Result<HttpResponse, PageError> {
    let (qr, uri, secret) = drawing(visit, &enrolment.offer)?;
    let page = EnrolmentPage {
        frame: visit.frame(None),
        reason: EnrolmentReason::Wish,
        action: visit.path(&format!("{PATH}/factors/new")),
        qr,
        uri,
        secret,
        name,
        enrolment: enrolment.sealed.clone(),
        cancel: visit.path(PATH),
        request: String::new(),
        next: String::new(),
        csrf: visit.csrf(me),
        problem,
    };
    visit.page(status, &page)
}
