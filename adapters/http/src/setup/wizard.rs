//! The first run: the form, its post, and what the store holds after it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::setup::{RefusedAnswer, SetUpError, TestMail, TypedAnswers, Unread};

use crate::errors::HttpError;
use crate::links::refused;
use crate::page_error::PageError;
use crate::pages::{SetupDonePage, SetupForm, SetupPage, SetupPlaces, SetupUnreadPage};
use crate::visit::Visit;

/// The form, with what the house has already.
pub(super) async fn ask(visit: &Visit, token: &str) -> Result<HttpResponse, PageError> {
    form(visit, StatusCode::OK, token, None, Vec::new()).await
}

/// Sets the house up, or shows the form again with every objection at its field.
pub(super) async fn set_up(
    visit: &Visit,
    token: &str,
    posted: &Parameters,
) -> Result<HttpResponse, PageError> {
    let typed = read(visit, posted)?;
    let first = &visit.use_cases().first_administrator;
    match first.set_up(token, &typed, &visit.issuer.facts).await {
        Ok(set_up) => {
            let issuers = &visit.issuer.foundation().issuers;
            let places = SetupPlaces {
                issuer: issuers.public_url().to_owned(),
                admin_url: issuers.admin_url().to_owned(),
                docs: visit.path("/docs/"),
            };
            let page = SetupDonePage::new(visit.frame(None), set_up, places);
            visit.page(StatusCode::OK, &page)
        }
        Err(SetUpError::Refused(refused)) => {
            let status = StatusCode::BAD_REQUEST;
            form(visit, status, token, Some(&typed), refused).await
        }
        // Somebody else was quicker with the same link, or with another one.
        Err(SetUpError::Denied(denial)) => Err(refused(visit, denial)),
        Err(SetUpError::Failed(failure)) => Err(visit.fail(failure)),
        Err(SetUpError::Unread(unread)) => set_up_unread(visit, *unread),
    }
}

/// Says that all is set up and that the store did not answer afterwards. Not 503, which says
/// everywhere that nothing was done and may be tried again.
fn set_up_unread(visit: &Visit, unread: Unread) -> Result<HttpResponse, PageError> {
    let failed = HttpError::from(unread.failure);
    let (_, _, incident) = failed.parts();
    let client_id = unread.client_id.map(|id| id.as_str().to_owned());
    let secret = unread.client_secret.map(|secret| secret.expose().clone());
    let page = SetupUnreadPage {
        frame: visit.frame(None),
        admin_url: visit.issuer.foundation().issuers.admin_url().to_owned(),
        client_id: client_id.unwrap_or_default(),
        client_secret: secret.unwrap_or_default(),
        reference: incident.unwrap_or_default().to_owned(),
    };
    visit.page(StatusCode::INTERNAL_SERVER_ERROR, &page)
}

fn read(visit: &Visit, posted: &Parameters) -> Result<TypedAnswers, PageError> {
    let one = |name| visit.one(posted, name).map(str::to_owned);
    Ok(TypedAnswers {
        username: one("username")?,
        display_name: one("display_name")?,
        email: one("email")?,
        password: one("password")?,
        realm_name: one("realm_name")?,
        client_name: one("client_name")?,
        client_kind: one("client_kind")?,
        client_id: one("client_id")?,
        redirect_uris: one("redirect_uris")?,
        // A secret is made here: one that a person types is none.
        client_secret: String::new(),
        test_mail: match visit.one(posted, "test_mail")? {
            "yes" => TestMail::Wanted,
            _ => TestMail::Unwanted,
        },
    })
}

async fn form(
    visit: &Visit,
    status: StatusCode,
    token: &str,
    typed: Option<&TypedAnswers>,
    refused: Vec<RefusedAnswer>,
) -> Result<HttpResponse, PageError> {
    let first = &visit.use_cases().first_administrator;
    let prefilled = first
        .prefilled()
        .await
        .map_err(|failure| visit.fail(failure))?;
    let form = SetupForm {
        action: visit.path("/setup"),
        token,
        prefilled,
        typed,
        refused,
    };
    visit.page(status, &SetupPage::new(visit.frame(None), form))
}
