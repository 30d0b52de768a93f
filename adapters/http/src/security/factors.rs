//! What a person does with the second factors they have.

use actix_web::{HttpResponse, post};
use gatelodge_domain::{DisplayName, Factor, Id};
use gatelodge_usecases::Parameters;
use gatelodge_usecases::mfa::OwnFactorsError;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::page::{PATH, back, posted};
use crate::errors::HttpError;
use crate::page_error::PageError;
use crate::page_parameters::PageForm;
use crate::steps::{Goal, codes_page};
use crate::visit::{Visit, person_name};

/// Adds the operations.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(rename_factor)
        .service(ask_for_factor_first)
        .service(remove_factor)
        .service(new_recovery_codes);
}

/// What the page posts to rename a factor.
#[derive(ToSchema)]
pub struct RenameFactorForm {
    /// The factor's row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    pub factor: String,
    /// Its new name.
    #[schema(example = "Tablet")]
    pub name: String,
    /// The page's token.
    pub csrf: String,
}

/// What the page posts about a factor.
#[derive(ToSchema)]
pub struct OneFactorForm {
    /// The factor's row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    pub factor: String,
    /// The page's token.
    pub csrf: String,
}

/// What the page posts to make recovery codes.
#[derive(ToSchema)]
pub struct NewRecoveryCodesForm {
    /// The page's token.
    pub csrf: String,
}

/// Gives a second factor another name.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_rename_factor",
    request_body(content = RenameFactorForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page, or to the sign-in page: the sign-in is too old."),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such factor.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/security/factors/rename")]
async fn rename_factor(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let id = named(&visit, &form)?;
    // The field takes no other; whoever sends one keeps the old name.
    let Ok(name) = DisplayName::parse(form.text("name").trim()) else {
        return Ok(visit.see_other(&visit.path(PATH)));
    };
    let own = &visit.use_cases().own_factors;
    let renamed = own
        .rename(&visit.issuer.realm, &me, id, name, &visit.issuer.facts)
        .await;
    answer(&visit, renamed)
}

/// Asks for a second factor first from now on.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_ask_for_factor_first",
    request_body(content = OneFactorForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page, or to the sign-in page: the sign-in is too old."),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such factor.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/security/factors/first")]
async fn ask_for_factor_first(
    visit: Visit,
    PageForm(form): PageForm,
) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let id = named(&visit, &form)?;
    let own = &visit.use_cases().own_factors;
    let done = own
        .make_primary(&visit.issuer.realm, &me, id, &visit.issuer.facts)
        .await;
    answer(&visit, done)
}

/// Removes a second factor; with the last one go the recovery codes.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_remove_factor",
    request_body(content = OneFactorForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page, or to the sign-in page: the sign-in is too old."),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such factor.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/security/factors/remove")]
async fn remove_factor(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let id = named(&visit, &form)?;
    let own = &visit.use_cases().own_factors;
    let removed = own
        .remove(&visit.issuer.realm, &me, id, &visit.issuer.facts)
        .await;
    answer(&visit, removed)
}

/// Makes new recovery codes and shows them, this once; the former ones are void.
#[utoipa::path(
    tag = "Pages",
    operation_id = "account_new_recovery_codes",
    request_body(content = NewRecoveryCodesForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The codes.", body = String, content_type = "text/html"),
        (status = 303, description = "To the sign-in page: the sign-in is too old."),
        (status = 403, description = "The form is too old or not of this browser.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no second factor that they would stand in for.", body = String, content_type = "text/html"),
    )
)]
#[post("/account/security/recovery-codes")]
async fn new_recovery_codes(
    visit: Visit,
    PageForm(form): PageForm,
) -> Result<HttpResponse, PageError> {
    let me = posted(&visit, &form).await?;
    let made = visit
        .use_cases()
        .own_factors
        .renew_codes(&visit.issuer.realm, &me, &visit.issuer.facts)
        .await;
    match made {
        Ok(codes) => {
            let on = visit.path(&format!("{PATH}?done=changed"));
            codes_page(&visit, &person_name(&me), &codes, on)
        }
        Err(error) => refused(&visit, error),
    }
}

fn named(visit: &Visit, form: &Parameters) -> Result<Id<Factor>, PageError> {
    Id::parse(form.text("factor")).map_err(|_| visit.error(&HttpError::not_found()))
}

fn answer(visit: &Visit, done: Result<(), OwnFactorsError>) -> Result<HttpResponse, PageError> {
    match done {
        Ok(()) => Ok(back(visit, "changed")),
        Err(error) => refused(visit, error),
    }
}

fn refused(visit: &Visit, error: OwnFactorsError) -> Result<HttpResponse, PageError> {
    match error {
        OwnFactorsError::SignInAgain => {
            Ok(visit.see_other(&Goal::Security.by_way_of(visit, "/login")))
        }
        OwnFactorsError::Unknown => Err(visit.error(&HttpError::not_found())),
        OwnFactorsError::Failed(failure) => Err(visit.fail(failure)),
    }
}
