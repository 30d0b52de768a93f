//! Listing mail templates.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::RealmsRead;

use super::representation::MailTemplateAnswer;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Lists every mail that the realm sends, in every language, with the variables that each has.
#[utoipa::path(
    tag = "Mail",
    operation_id = "list_mail_templates",
    responses((status = 200, description = "All of them.", body = Page<MailTemplateAnswer>)),
    security(("bearer" = ["realms:read"])),
)]
#[get("/realms/{realm}/mail-templates")]
pub(crate) async fn list_mail_templates(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsRead>(&realm).await?;
    let templates = admin.api().mail.list(&permit).await?;
    Ok(shown(&Page {
        items: templates.into_iter().map(MailTemplateAnswer::of).collect(),
        next_cursor: None,
    }))
}
