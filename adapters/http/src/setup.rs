//! The page behind a one-time link: the first administrator, or one who is let back in.
//!
//! Looking at it spends nothing, because mail scanners and previews open links too; the one
//! post that succeeds does. The link's secret in the form is what makes a forged post useless.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use gatelodge_domain::password::InvalidPassword;
use gatelodge_domain::{DisplayName, Password, Username};
use gatelodge_usecases::passwords::{PasswordError, PasswordRefused};
use gatelodge_usecases::setup::{LinkPurpose, NewAdministrator};
use gatelodge_usecases::{Denial, Error, ErrorCode, Parameters};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::error_page::PageError;
use crate::errors::HttpError;
use crate::pages::{
    ErrorKind, FirstAdministratorDonePage, FirstAdministratorPage,
    FirstAdministratorProblem as Problem, SetupKind,
};
use crate::parameters::{FormParameters, QueryParameters};
use crate::visit::Visit;

/// Adds the operations; on the admin port only.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(setup_page).service(setup);
}

const SPENT: Denial = Denial::new(
    ErrorCode::NotFound,
    "this link has been used, replaced, or is too old",
);

/// The form behind a one-time link.
#[utoipa::path(
    tag = "Pages",
    operation_id = "setup_page",
    params(("token" = String, Query, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
    )
)]
#[get("/setup")]
async fn setup_page(
    visit: Visit,
    query: Result<QueryParameters, HttpError>,
) -> Result<HttpResponse, PageError> {
    let QueryParameters(parameters) = query.map_err(|error| visit.error(&error))?;
    let typed = Typed::read(&parameters).map_err(|error| visit.error(&error))?;
    let purpose = purpose(&visit, &typed).await?;
    form(&visit, &typed, &purpose, StatusCode::OK, None)
}

/// What the page posts.
#[derive(ToSchema)]
pub struct SetupForm {
    /// The secret of the link.
    pub token: String,
    /// What the administrator signs in with; a link of recovery names them itself.
    #[schema(example = "ada")]
    pub username: Option<String>,
    /// What people see.
    #[schema(example = "Ada Lovelace")]
    pub display_name: Option<String>,
    /// 8 to 256 characters.
    #[schema(format = Password)]
    pub password: String,
}

/// Makes the administrator and spends the link.
#[utoipa::path(
    tag = "Pages",
    operation_id = "setup",
    request_body(content = SetupForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The administrator is made.", body = String, content_type = "text/html"),
        (status = 400, description = "Something that was typed cannot be used; the link is good still.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
        (status = 409, description = "There is an administrator already, or somebody of that name.", body = String, content_type = "text/html"),
    )
)]
#[post("/setup")]
async fn setup(
    visit: Visit,
    posted: Result<FormParameters, HttpError>,
) -> Result<HttpResponse, PageError> {
    let FormParameters(parameters) = posted.map_err(|error| visit.error(&error))?;
    let typed = Typed::read(&parameters).map_err(|error| visit.error(&error))?;
    let purpose = purpose(&visit, &typed).await?;
    let wanted = match typed.wanted(&purpose) {
        Ok(wanted) => wanted,
        Err(problem) => {
            let status = StatusCode::BAD_REQUEST;
            return form(&visit, &typed, &purpose, status, Some(problem));
        }
    };
    let administrators = &visit.use_cases().first_administrator;
    match administrators.check_password(&wanted).await {
        Ok(()) => {}
        Err(PasswordError::Refused(refused)) => {
            let (status, problem) = (StatusCode::BAD_REQUEST, Problem::Password(refused));
            return form(&visit, &typed, &purpose, status, Some(problem));
        }
        Err(PasswordError::Failed(failure)) => return Err(visit.fail(failure)),
    }
    let made = administrators
        .create(&typed.token, wanted, &visit.issuer.facts)
        .await;
    match made {
        Ok(user) => {
            let page = FirstAdministratorDonePage {
                frame: visit.frame(None),
                kind: kind(&purpose),
                username: user.username.as_str().to_owned(),
                docs: visit.path("/docs/"),
            };
            visit.page(StatusCode::OK, &page)
        }
        // Somebody else was quicker with the same link.
        Err(Error::Denied(denial)) if denial.code == ErrorCode::NotFound => {
            Err(visit.refuse(denial).shown_as(ErrorKind::LinkSpent))
        }
        Err(Error::Denied(denial)) => Err(visit.refuse(denial)),
        Err(Error::Failed(failure)) => Err(visit.fail(failure)),
    }
}

/// What was posted.
struct Typed {
    token: String,
    username: String,
    display_name: String,
    password: String,
}

impl Typed {
    fn read(parameters: &Parameters) -> Result<Self, HttpError> {
        let one = |name| {
            parameters
                .one(name)
                .map(|value| value.unwrap_or_default().to_owned())
        };
        Ok(Self {
            token: one("token")?,
            username: one("username")?,
            display_name: one("display_name")?,
            password: one("password")?,
        })
    }

    /// Whom a link of recovery names, whatever was typed.
    fn username<'a>(&'a self, purpose: &'a LinkPurpose) -> &'a str {
        match purpose {
            LinkPurpose::Recovery { username } => username,
            LinkPurpose::FirstAdministrator => &self.username,
        }
    }

    fn wanted(&self, purpose: &LinkPurpose) -> Result<NewAdministrator, Problem> {
        let username = self.username(purpose).trim();
        let username = Username::parse(username).map_err(|_| Problem::Username)?;
        // A name that cannot be shown is left out: it can be set later.
        let display_name = DisplayName::parse(self.display_name.trim()).ok();
        let password = Password::parse(&self.password).map_err(|error| match error {
            InvalidPassword::TooLong => Problem::Password(PasswordRefused::TooLong),
            InvalidPassword::TooShort => {
                Problem::Password(PasswordRefused::TooShort { minimum: 8 })
            }
        })?;
        Ok(NewAdministrator {
            username,
            display_name,
            password,
        })
    }
}

/// What the link is for, or the page that says that it is good for nothing any more.
async fn purpose(visit: &Visit, typed: &Typed) -> Result<LinkPurpose, PageError> {
    visit
        .use_cases()
        .first_administrator
        .peek(&typed.token)
        .await
        .map_err(|failure| visit.fail(failure))?
        .ok_or_else(|| visit.refuse(SPENT).shown_as(ErrorKind::LinkSpent))
}

fn kind(purpose: &LinkPurpose) -> SetupKind {
    match purpose {
        LinkPurpose::FirstAdministrator => SetupKind::FirstAdministrator,
        LinkPurpose::Recovery { .. } => SetupKind::Recovery,
    }
}

fn form(
    visit: &Visit,
    typed: &Typed,
    purpose: &LinkPurpose,
    status: StatusCode,
    problem: Option<Problem>,
) -> Result<HttpResponse, PageError> {
    let page = FirstAdministratorPage {
        frame: visit.frame(None),
        kind: kind(purpose),
        action: visit.path("/setup"),
        token: typed.token.clone(),
        username: typed.username(purpose).to_owned(),
        display_name: typed.display_name.clone(),
        problem,
    };
    visit.page(status, &page)
}
