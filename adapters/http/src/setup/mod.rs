//! The pages behind the one-time links of the admin port: the first run, and the way back in for
//! an administrator.
//!
//! Looking at them spends nothing, because mail scanners and previews open links too; the one
//! post that succeeds does. The link's secret in the form is what makes a forged post useless.

mod recovery;
mod wizard;

use actix_web::{HttpResponse, get, post};
use gatelodge_usecases::setup::LinkPurpose;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::links::unopened;
use crate::page_error::PageError;
use crate::page_parameters::{PageForm, PageQuery};
use crate::visit::Visit;

/// Adds the operations; on the admin port only.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(setup_page).service(setup);
}

/// The form behind a one-time link.
#[utoipa::path(
    tag = "Pages",
    operation_id = "setup_page",
    params(("token" = String, Query, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many links that were tried from there opened nothing.", body = String, content_type = "text/html"),
    )
)]
#[get("/setup")]
async fn setup_page(visit: Visit, PageQuery(query): PageQuery) -> Result<HttpResponse, PageError> {
    let token = visit.one(&query, "token")?;
    let first = &visit.use_cases().first_administrator;
    let opened = first.open(token, &visit.issuer.facts).await;
    match opened.map_err(|error| unopened(&visit, error))? {
        LinkPurpose::FirstAdministrator => wizard::ask(&visit, token).await,
        LinkPurpose::Recovery { username } => recovery::ask(&visit, token, username),
    }
}

/// What the page posts. Only the administrator has to be named; a link of recovery takes the
/// password alone.
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
    /// Where they get mail.
    #[schema(example = "ada@example.org")]
    pub email: Option<String>,
    /// 8 to 256 characters, or what the realm `system` asks for.
    #[schema(format = Password)]
    pub password: String,
    /// The default realm's name.
    #[schema(example = "Example")]
    pub realm_name: Option<String>,
    /// `yes`: sends the administrator a mail, to see that mail works.
    #[schema(example = "yes")]
    pub test_mail: Option<String>,
    /// The first client's name.
    #[schema(example = "Shop")]
    pub client_name: Option<String>,
    /// `web`, `browser`, `native` or `machine`.
    #[schema(example = "web")]
    pub client_kind: Option<String>,
    /// Its identifier; made without.
    #[schema(example = "shop")]
    pub client_id: Option<String>,
    /// Where people come back to, one on each line.
    #[schema(example = "https://shop.example/callback")]
    pub redirect_uris: Option<String>,
}

/// Sets the house up, or lets an administrator back in, and spends the link.
#[utoipa::path(
    tag = "Pages",
    operation_id = "setup",
    request_body(content = SetupForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Done; the page says what the store holds now.", body = String, content_type = "text/html"),
        (status = 400, description = "Some answers cannot be used; the link is good still.", body = String, content_type = "text/html"),
        (status = 404, description = "The link has been used, replaced, or is too old.", body = String, content_type = "text/html"),
        (status = 409, description = "There is an administrator already.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many links that were tried from there opened nothing.", body = String, content_type = "text/html"),
        (status = 500, description = "All is set up, but the store did not answer when it was to be read back; the page says what is known nowhere else.", body = String, content_type = "text/html"),
    )
)]
#[post("/setup")]
async fn setup(visit: Visit, PageForm(form): PageForm) -> Result<HttpResponse, PageError> {
    let token = visit.one(&form, "token")?;
    let first = &visit.use_cases().first_administrator;
    let opened = first.open_to_spend(token, &visit.issuer.facts).await;
    match opened.map_err(|error| unopened(&visit, error))? {
        LinkPurpose::FirstAdministrator => wizard::set_up(&visit, token, &form).await,
        LinkPurpose::Recovery { username } => {
            recovery::let_in(&visit, token, username, &form).await
        }
    }
}
