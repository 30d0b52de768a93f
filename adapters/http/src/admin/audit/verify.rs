//! Verifying the trail.

use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::AuditRead;
use gatelodge_usecases::audit::Verification;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::hexadecimal;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Whether the trail is whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerificationAnswer {
    /// Whether nothing was found.
    whole: bool,
    /// Events covered by a good seal.
    #[schema(example = 42)]
    events: u64,
    /// Good seals.
    #[schema(example = 17)]
    seals: u64,
    /// Position of the first event that is there.
    #[schema(example = 1)]
    first: Option<u64>,
    /// Events before it that were removed under retention.
    #[schema(example = 0)]
    removed: u64,
    /// The first fault.
    #[schema(example = "event aglzdq7eht24jbnz3q6xkfzcwm at position 3 was changed")]
    fault: Option<String>,
    /// The newest good seal's number.
    #[schema(example = 17)]
    newest_seal: Option<u64>,
    /// The newest good seal's MAC as hexadecimal digits; the log names the same.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    newest_mac: Option<String>,
}

impl VerificationAnswer {
    fn of(found: &Verification) -> Self {
        let newest = found.newest.as_ref();
        Self {
            whole: found.fault.is_none(),
            events: found.events,
            seals: found.seals,
            fault: found.fault.as_ref().map(ToString::to_string),
            newest_mac: newest.map(|seal| hexadecimal(&seal.mac)),
            newest_seal: newest.map(|seal| seal.number),
            first: found.first,
            removed: found.removed,
        }
    }
}

/// Walks every seal and event of the trail and names the first one that was changed, removed,
/// added or reordered. Reads the whole trail: meant for the rare check, not for monitoring.
#[utoipa::path(
    tag = "Audit",
    operation_id = "verify_audit",
    responses((status = 200, description = "What was found.", body = VerificationAnswer)),
    security(("bearer" = ["audit:read"])),
)]
#[get("/audit/verification")]
pub(crate) async fn verify_audit(admin: AdminRequest) -> Result<HttpResponse, Problem> {
    let _permit = admin.permit_everywhere::<AuditRead>().await?;
    let found = admin.api().verify.run(None).await?;
    Ok(shown(&VerificationAnswer::of(&found)))
}
