//! Writing a mail template.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, put};
use gatelodge_usecases::admin::RealmsWrite;

use super::representation::{MailTemplateAnswer, MailTemplateBody};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Writes the realm's own texts of a mail in one language, which may be one that has no built-in
/// texts. A variable that the mail does not have is refused, and so is a text without the link
/// that the mail is for.
#[utoipa::path(
    tag = "Mail",
    operation_id = "write_mail_template",
    request_body = MailTemplateBody,
    responses((status = 200, description = "The template as it is now.", body = MailTemplateAnswer)),
    security(("bearer" = ["realms:write"])),
)]
#[put("/realms/{realm}/mail-templates/{template}/{language}")]
pub(crate) async fn write_mail_template(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, template, language) = path.into_inner();
    let permit = admin.permit::<RealmsWrite>(&realm).await?;
    let mail = &admin.api().mail;
    let revision = mail
        .revision_to_change(&permit, &template, &language)
        .await?;
    admin.if_match(revision)?;
    let body: MailTemplateBody = read(&admin.http, &body)?;
    let texts = body.texts();
    let stored = mail
        .put(&permit, (&template, &language), revision, texts)
        .await?;
    Ok(shown_at(stored.revision, &MailTemplateAnswer::of(stored)))
}
