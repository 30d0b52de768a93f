//! Reading one event.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::{AuditRead, Refusal};

use super::representation::EventAnswer;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// Reads the event at a position of the trail.
#[utoipa::path(
    tag = "Audit",
    operation_id = "read_audit_event",
    responses((status = 200, description = "The event.", body = EventAnswer)),
    security(("bearer" = ["audit:read"])),
)]
#[get("/audit/{position}")]
pub(crate) async fn read_audit_event(
    admin: AdminRequest,
    position: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_everywhere::<AuditRead>().await?;
    let audit = &admin.api().audit;
    let found = audit.one_of_house(&permit, read(&position)?).await?;
    Ok(shown(&EventAnswer::of(found)))
}

/// Reads the event at a position of the trail, where it concerns the realm.
#[utoipa::path(
    tag = "Audit",
    operation_id = "read_realm_audit_event",
    responses((status = 200, description = "The event.", body = EventAnswer)),
    security(("bearer" = ["audit:read"])),
)]
#[get("/realms/{realm}/audit/{position}")]
pub(crate) async fn read_realm_audit_event(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, position) = path.into_inner();
    let permit = admin.permit::<AuditRead>(&realm).await?;
    let audit = &admin.api().audit;
    let found = audit.one_of_realm(&permit, read(&position)?).await?;
    Ok(shown(&EventAnswer::of(found)))
}

/// A text that is no position names nothing.
fn read(text: &str) -> Result<u64, Refusal> {
    let position = text
        .parse()
        .ok()
        .filter(|it| *it <= i64::MAX.cast_unsigned());
    position.ok_or_else(|| Refusal::not_found("there is no event at this position"))
}
