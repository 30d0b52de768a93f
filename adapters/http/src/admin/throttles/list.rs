//! Listing delays.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::UsersRead;
use gatelodge_usecases::sign_in::{ShownThrottle, ThrottlesOf};
use serde::Deserialize;
use utoipa::IntoParams;

use super::representation::ThrottleAnswer;
use crate::admin::body::query;
use crate::admin::fields::row;
use crate::admin::page::{self, Page};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ThrottleQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Only this user's, by row id.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    user: Option<String>,
    /// Only this address's.
    #[param(example = "192.0.2.7")]
    address: Option<String>,
}

/// Lists failed sign-ins that are counted: of accounts, of second factors and of addresses.
#[utoipa::path(
    tag = "Throttles",
    operation_id = "list_throttles",
    params(ThrottleQuery),
    responses((status = 200, description = "A page of throttles.", body = Page<ThrottleAnswer>)),
    security(("bearer" = ["users:read"])),
)]
#[get("/realms/{realm}/throttles")]
pub(crate) async fn list_throttles(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<UsersRead>(&realm).await?;
    let query: ThrottleQuery = query(&admin.http)?;
    let page = page::request(query.cursor.as_deref(), query.limit)?;
    let of = ThrottlesOf {
        user: row("user", query.user.as_deref())?,
        address: query.address,
    };
    let listed = admin.api().throttles.list(&permit, &of, page).await?;
    let now = admin.state().foundation.clock.now();
    let id = |shown: &ShownThrottle| shown.throttle.id;
    Ok(shown(&page::answer_by(&listed, id, |one| {
        ThrottleAnswer::of(one, now)
    })))
}
