//! Listing sessions.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::{Id, Session};
use gatelodge_ports::store::SessionFilter;
use gatelodge_usecases::admin::SessionsRead;
use serde::Deserialize;
use utoipa::IntoParams;

use super::representation::SessionAnswer;
use crate::admin::body::query;
use crate::admin::fields::field;
use crate::admin::page::{self, Page};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SessionQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Only this user's, by row id.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    user: Option<String>,
    /// Only those neither ended nor expired.
    live: Option<bool>,
}

/// Lists browser sign-ins.
///
/// An administrator whose reach ends at groups names one of their people as `user`.
#[utoipa::path(
    tag = "Sessions",
    operation_id = "list_sessions",
    params(SessionQuery),
    responses((status = 200, description = "A page of sessions.", body = Page<SessionAnswer>)),
    security(("bearer" = ["sessions:read"])),
)]
#[get("/realms/{realm}/sessions")]
pub(crate) async fn list_sessions(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_in_reach::<SessionsRead>(&realm).await?;
    let query: SessionQuery = query(&admin.http)?;
    let page = page::request(query.cursor.as_deref(), query.limit)?;
    let now = admin.state().foundation.clock.now();
    let filter = SessionFilter {
        user: field("user", query.user.as_deref().map(Id::parse).transpose())?,
        live_at: query.live.filter(|live| *live).map(|_| now),
    };
    let listed = admin.api().sessions.list(&permit, filter, page).await?;
    let id = |session: &Session| session.id;
    Ok(shown(&page::answer(&listed, id, SessionAnswer::of)))
}
