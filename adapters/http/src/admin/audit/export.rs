//! Giving out the trail, page by page, one JSON object a line.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::AuditRead;
use gatelodge_usecases::audit::TrailExport;

use super::filter::ExportQuery;
use super::representation::{EventAnswer, event_line};
use crate::admin::body::query;
use crate::admin::request::AdminRequest;
use crate::errors::HttpError;
use crate::problem::Problem;
use crate::state::HttpState;

const NDJSON: &str = "application/x-ndjson";

/// Exports the trail of every realm, those that are gone included: newest first, one JSON object
/// a line. An answer that is broken off is not the whole.
#[utoipa::path(
    tag = "Audit",
    operation_id = "export_audit",
    params(ExportQuery),
    responses((status = 200, description = "An event a line.", body = EventAnswer, content_type = "application/x-ndjson")),
    security(("bearer" = ["audit:read"])),
)]
#[get("/audit/export")]
pub(crate) async fn export_audit(admin: AdminRequest) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_everywhere::<AuditRead>().await?;
    let query: ExportQuery = query(&admin.http)?;
    let audit = &admin.api().audit;
    let export = audit.export_house(&permit, query.filter()?).await?;
    streamed(&admin, export)
}

/// Exports the trail of a realm: newest first, one JSON object a line. An answer that is broken
/// off is not the whole.
#[utoipa::path(
    tag = "Audit",
    operation_id = "export_realm_audit",
    params(ExportQuery),
    responses((status = 200, description = "An event a line.", body = EventAnswer, content_type = "application/x-ndjson")),
    security(("bearer" = ["audit:read"])),
)]
#[get("/realms/{realm}/audit/export")]
pub(crate) async fn export_realm_audit(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<AuditRead>(&realm).await?;
    let query: ExportQuery = query(&admin.http)?;
    let audit = &admin.api().audit;
    let export = audit.export_realm(&permit, query.filter()?).await?;
    streamed(&admin, export)
}

type Page = Result<Bytes, actix_web::Error>;
type Rest = (Data<HttpState>, TrailExport);

fn streamed(admin: &AdminRequest, export: TrailExport) -> Result<HttpResponse, Problem> {
    let state = admin.http.app_data::<Data<HttpState>>().cloned();
    let state = state.ok_or_else(|| Problem::Failed(HttpError::misconfigured()))?;
    let pages = futures_util::stream::unfold((state, export), next_page);
    Ok(HttpResponse::Ok().content_type(NDJSON).streaming(pages))
}

/// The next events as lines, when they can be sent: who stops reading stops this. A failure
/// breaks the answer off, so that nobody takes a part for the whole.
async fn next_page((state, mut export): Rest) -> Option<(Page, Rest)> {
    let audit = &state.use_cases.admin.audit;
    let page = match audit.export(&mut export).await {
        Ok(events) if events.is_empty() => return None,
        Ok(events) => {
            let mut lines = String::new();
            for event in events {
                lines.push_str(&event_line(event));
                lines.push('\n');
            }
            Ok(Bytes::from(lines))
        }
        Err(failure) => Err(Problem::from(failure).into()),
    };
    Some((page, (state, export)))
}
