//! Listing realms.

use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::RealmsRead;
use serde::Deserialize;
use utoipa::IntoParams;

use super::representation::RealmAnswer;
use crate::admin::body::query;
use crate::admin::page::{self, Page};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RealmQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
}

/// Lists realms, those being deleted included.
#[utoipa::path(
    tag = "Realms",
    operation_id = "list_realms",
    params(RealmQuery),
    responses((status = 200, description = "A page of realms.", body = Page<RealmAnswer>)),
    security(("bearer" = ["realms:read"])),
)]
#[get("/realms")]
pub(crate) async fn list_realms(admin: AdminRequest) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_everywhere::<RealmsRead>().await?;
    let query: RealmQuery = query(&admin.http)?;
    let page = page::request(query.cursor.as_deref(), query.limit)?;
    let listed = admin.api().realms.list(&permit, page).await?;
    let issuers = &admin.state().foundation.issuers;
    let show = |realm: &_| RealmAnswer::of(realm, issuers);
    Ok(shown(&page::answer(&listed, |realm| realm.id, show)))
}
