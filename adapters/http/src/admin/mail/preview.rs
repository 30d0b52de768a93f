//! Looking at a mail before anybody gets it.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::RealmsRead;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::MailTemplateBody;
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// A mail with made-up values.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailPreviewAnswer {
    /// The subject.
    #[schema(example = "A new password for Example")]
    subject: String,
    /// The plain part.
    #[schema(
        example = "Hello Ada Lovelace,\n\nchoose a new password:\n\nhttps://id.example.org/recover/gl_ot_example\n"
    )]
    text: String,
    /// The HTML part.
    #[schema(example = "<!doctype html>…")]
    html: String,
}

/// Fills a mail's texts with made-up values: those that are sent, or with an empty body those in
/// effect. Nothing is stored or sent.
#[utoipa::path(
    tag = "Mail",
    operation_id = "preview_mail_template",
    request_body(content = Option<MailTemplateBody>, content_type = "application/json"),
    responses((status = 200, description = "The mail.", body = MailPreviewAnswer)),
    security(("bearer" = ["realms:read"])),
)]
#[post("/realms/{realm}/mail-templates/{template}/{language}/preview")]
pub(crate) async fn preview_mail_template(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, template, language) = path.into_inner();
    let permit = admin.permit::<RealmsRead>(&realm).await?;
    let draft = if body.is_empty() {
        None
    } else {
        let body: MailTemplateBody = read(&admin.http, &body)?;
        Some(body.texts())
    };
    let mail = &admin.api().mail;
    let rendered = mail.preview(&permit, (&template, &language), draft).await?;
    Ok(shown(&MailPreviewAnswer {
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
    }))
}
