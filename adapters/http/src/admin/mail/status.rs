//! Whether mail can be sent.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::RealmsRead;
use gatelodge_usecases::mail::MAIL_LANGUAGES;
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// What there is of mail.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailAnswer {
    /// Whether the house can send mail.
    #[schema(example = true)]
    can_send: bool,
    /// By which way.
    #[schema(example = "smtp mail.example.org:587")]
    via: Option<String>,
    /// Whether people of this realm can reset their passwords by mail.
    #[schema(example = true)]
    password_reset: bool,
    /// The languages of the built-in texts.
    #[schema(example = json!(["en", "de"]))]
    languages: Vec<&'static str>,
}

/// Tells whether mail can be sent, and what depends on it.
#[utoipa::path(
    tag = "Mail",
    operation_id = "read_mail",
    responses((status = 200, description = "What there is.", body = MailAnswer)),
    security(("bearer" = ["realms:read"])),
)]
#[get("/realms/{realm}/mail")]
pub(crate) async fn read_mail(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsRead>(&realm).await?;
    let via = admin.api().mail.describe();
    let recovery = &admin.state().use_cases.recover_account;
    Ok(shown(&MailAnswer {
        can_send: via.is_some(),
        via,
        password_reset: recovery.is_offered(permit.realm()),
        languages: MAIL_LANGUAGES.to_vec(),
    }))
}
