//! Seeing whether mail works.

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use gatelodge_ports::mailer::{Delivery, Trouble};
use gatelodge_usecases::admin::RealmsWrite;
use gatelodge_usecases::mail::TestedMail;
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// How the mail went.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailTestAnswer {
    /// Whether the next server has it.
    #[schema(example = true)]
    delivered: bool,
    /// Where it was sent: the caller's own address.
    #[schema(example = "ada@example.org")]
    to: String,
    /// By which way.
    #[schema(example = "smtp mail.example.org:587")]
    via: String,
    /// What went wrong: `connection`, `tls`, `credentials`, `refused`, `address`, `file` or
    /// `other`.
    #[schema(example = "connection")]
    trouble: Option<&'static str>,
    /// The server's reply code, where it gave one.
    #[schema(example = 535)]
    code: Option<u16>,
    /// What went wrong, in words.
    #[schema(example = "connection refused")]
    reason: Option<String>,
}

impl MailTestAnswer {
    fn of(tested: TestedMail) -> Self {
        let trouble = match tested.delivery {
            Delivery::Sent => None,
            Delivery::TemporaryFailure(trouble) | Delivery::PermanentFailure(trouble) => {
                Some(trouble)
            }
        };
        let what = trouble.as_ref().map(|trouble| trouble.what);
        let code = trouble.as_ref().and_then(|trouble| trouble.code);
        Self {
            delivered: trouble.is_none(),
            to: tested.to,
            via: tested.via,
            trouble: what,
            code,
            reason: trouble.map(|Trouble { reason, .. }| reason),
        }
    }
}

/// Sends a mail to the caller's own address at once, and says what the server said. 409 where the
/// house has no way to send mail, or the caller no address.
#[utoipa::path(
    tag = "Mail",
    operation_id = "test_mail",
    responses((status = 200, description = "How it went.", body = MailTestAnswer)),
    security(("bearer" = ["realms:write"])),
)]
#[post("/realms/{realm}/mail-test")]
pub(crate) async fn test_mail(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsWrite>(&realm).await?;
    let tested = admin.api().mail.test(&permit).await?;
    Ok(shown(&MailTestAnswer::of(tested)))
}
