//! Putting the built-in texts of a mail back.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::RealmsWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Removes the realm's own texts of a mail in one language; the built-in ones are in effect again.
#[utoipa::path(
    tag = "Mail",
    operation_id = "delete_mail_template",
    responses((status = 204, description = "The built-in texts are in effect.")),
    security(("bearer" = ["realms:write"])),
)]
#[delete("/realms/{realm}/mail-templates/{template}/{language}")]
pub(crate) async fn delete_mail_template(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, template, language) = path.into_inner();
    let permit = admin.permit::<RealmsWrite>(&realm).await?;
    let mail = &admin.api().mail;
    let revision = mail
        .revision_to_change(&permit, &template, &language)
        .await?;
    admin.if_match(revision)?;
    mail.delete(&permit, (&template, &language), revision)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
