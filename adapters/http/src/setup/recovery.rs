//! The way back in for the administrator that a link names.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use gatelodge_usecases::Parameters;
use gatelodge_usecases::passwords::PasswordRefused;
use gatelodge_usecases::setup::{Objection, SetUpError};

use crate::links::refused;
use crate::page_error::PageError;
use crate::pages::{AdministratorRecoveredPage, AdministratorRecoveryPage};
use crate::visit::Visit;

/// The form.
pub(super) fn ask(visit: &Visit, token: &str, username: String) -> Result<HttpResponse, PageError> {
    form(visit, StatusCode::OK, token, username, None)
}

/// Sets the password; whatever name was posted, it is of whom the link names.
pub(super) async fn let_in(
    visit: &Visit,
    token: &str,
    username: String,
    posted: &Parameters,
) -> Result<HttpResponse, PageError> {
    let password = visit.one(posted, "password")?;
    let first = &visit.use_cases().first_administrator;
    match first.let_in(token, password, &visit.issuer.facts).await {
        Ok(user) => {
            let page = AdministratorRecoveredPage {
                frame: visit.frame(None),
                username: user.username.as_str().to_owned(),
                docs: visit.path("/docs/"),
            };
            visit.page(StatusCode::OK, &page)
        }
        Err(SetUpError::Refused(answers)) => {
            let refused = answers
                .into_iter()
                .find_map(|answer| match answer.objection {
                    Objection::Password(refused) => Some(refused),
                    _ => None,
                });
            let status = StatusCode::BAD_REQUEST;
            form(visit, status, token, username, refused)
        }
        Err(SetUpError::Denied(denial)) => Err(refused(visit, denial)),
        Err(SetUpError::Failed(failure)) => Err(visit.fail(failure)),
        Err(SetUpError::Unread(unread)) => Err(visit.fail(unread.failure)),
    }
}

fn form(
    visit: &Visit,
    status: StatusCode,
    token: &str,
    username: String,
    refused: Option<PasswordRefused>,
) -> Result<HttpResponse, PageError> {
    let page = AdministratorRecoveryPage {
        frame: visit.frame(None),
        action: visit.path("/setup"),
        token: token.to_owned(),
        username,
        refused,
    };
    visit.page(status, &page)
}
