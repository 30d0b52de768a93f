//! Listing grants.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Id;
use gatelodge_ports::store::GrantFilter;
use gatelodge_usecases::admin::GrantsRead;
use serde::Deserialize;
use utoipa::IntoParams;

use super::representation::GrantAnswer;
use crate::admin::body::query;
use crate::admin::fields::field;
use crate::admin::page::{self, Page};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GrantQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Only this user's, by row id.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    user: Option<String>,
    /// Only those given to this client, by `client_id`.
    client_id: Option<String>,
    /// Only those of this browser sign-in.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    session: Option<String>,
    /// Only those neither ended nor expired.
    live: Option<bool>,
}

/// Lists authorizations.
///
/// An administrator whose reach ends at groups names one of their people as `user`.
#[utoipa::path(
    tag = "Grants",
    operation_id = "list_grants",
    params(GrantQuery),
    responses((status = 200, description = "A page of grants.", body = Page<GrantAnswer>)),
    security(("bearer" = ["grants:read"])),
)]
#[get("/realms/{realm}/grants")]
pub(crate) async fn list_grants(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_in_reach::<GrantsRead>(&realm).await?;
    let query: GrantQuery = query(&admin.http)?;
    let page = page::request(query.cursor.as_deref(), query.limit)?;
    let now = admin.state().foundation.clock.now();
    let client = match &query.client_id {
        Some(client_id) => Some(admin.api().clients.row_of(&permit, client_id).await?),
        None => None,
    };
    let filter = GrantFilter {
        user: field("user", query.user.as_deref().map(Id::parse).transpose())?,
        client,
        session: field(
            "session",
            query.session.as_deref().map(Id::parse).transpose(),
        )?,
        live_at: query.live.filter(|live| *live).map(|_| now),
    };
    let listed = admin.api().grants.list(&permit, filter, page).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for grant in &listed.items {
        items.push(GrantAnswer::of(&admin, &permit, grant).await?);
    }
    let last = listed.items.last().filter(|_| listed.more);
    let next_cursor = last.map(|grant| grant.id.to_string());
    Ok(shown(&Page { items, next_cursor }))
}
