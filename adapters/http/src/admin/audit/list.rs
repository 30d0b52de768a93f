//! Reading the trail.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_ports::store::AuditFilter;
use gatelodge_usecases::admin::{AuditRead, Refusal};
use serde::Deserialize;
use utoipa::IntoParams;

use super::filter::Conditions;
use super::representation::{EventAnswer, page};
use crate::admin::body::query;
use crate::admin::page::{Page, bad_cursor, limit};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[0-9]{1,20}$")]
    cursor: Option<String>,
    /// Events on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Only events from this time on.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only events before this time.
    #[param(format = DateTime)]
    to: Option<String>,
    /// Only events of this action, such as `user.created`.
    #[param(pattern = "^[a-z_]+(\\.[a-z_]+)*$", example = "user.created")]
    action: Option<String>,
    /// Only events by this actor: `user:{id}`, `client:{id}`, `operator`, `system`, `anonymous`.
    #[param(
        pattern = "^((user|client|workload|agent):[a-h][a-z2-7]{25}|operator|system|anonymous)$"
    )]
    actor: Option<String>,
    /// Only events on the thing with this row id.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    target: Option<String>,
    /// Only `success` or `denied`.
    outcome: Option<String>,
}

/// Reads the trail of every realm, those that are gone included, newest first.
#[utoipa::path(
    tag = "Audit",
    operation_id = "list_audit",
    params(AuditQuery),
    responses((status = 200, description = "A page of events.", body = Page<EventAnswer>)),
    security(("bearer" = ["audit:read"])),
)]
#[get("/audit")]
pub(crate) async fn list_audit(admin: AdminRequest) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_everywhere::<AuditRead>().await?;
    let query: AuditQuery = query(&admin.http)?;
    let (filter, before, limit) = (query.filter()?, query.before()?, limit(query.limit)?);
    let audit = &admin.api().audit;
    let found = audit.of_house(&permit, filter, before, limit).await?;
    Ok(shown(&page(found)))
}

/// Reads the trail of a realm, newest first.
#[utoipa::path(
    tag = "Audit",
    operation_id = "list_realm_audit",
    params(AuditQuery),
    responses((status = 200, description = "A page of events.", body = Page<EventAnswer>)),
    security(("bearer" = ["audit:read"])),
)]
#[get("/realms/{realm}/audit")]
pub(crate) async fn list_realm_audit(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<AuditRead>(&realm).await?;
    let query: AuditQuery = query(&admin.http)?;
    let (filter, before, limit) = (query.filter()?, query.before()?, limit(query.limit)?);
    let audit = &admin.api().audit;
    let found = audit.of_realm(&permit, filter, before, limit).await?;
    Ok(shown(&page(found)))
}

impl AuditQuery {
    fn filter(&self) -> Result<AuditFilter, Refusal> {
        let conditions = Conditions {
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            action: self.action.as_deref(),
            actor: self.actor.as_deref(),
            target: self.target.as_deref(),
            outcome: self.outcome.as_deref(),
        };
        conditions.filter()
    }

    fn before(&self) -> Result<Option<u64>, Refusal> {
        let cursor = self.cursor.as_deref();
        cursor.map(str::parse).transpose().map_err(|_| bad_cursor())
    }
}
