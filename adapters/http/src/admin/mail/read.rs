//! Reading a mail template.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::RealmsRead;

use super::representation::MailTemplateAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Reads a mail's texts in one language: the realm's own, or the built-in ones.
#[utoipa::path(
    tag = "Mail",
    operation_id = "read_mail_template",
    responses((status = 200, description = "The template.", body = MailTemplateAnswer)),
    security(("bearer" = ["realms:read"])),
)]
#[get("/realms/{realm}/mail-templates/{template}/{language}")]
pub(crate) async fn read_mail_template(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, template, language) = path.into_inner();
    let permit = admin.permit::<RealmsRead>(&realm).await?;
    let mail = &admin.api().mail;
    let stored = mail.get(&permit, &template, &language).await?;
    Ok(shown_at(stored.revision, &MailTemplateAnswer::of(stored)))
}
