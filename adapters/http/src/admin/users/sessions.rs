//! Where a user is signed in.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get};
use gatelodge_domain::Session;
use gatelodge_ports::store::SessionFilter;
use gatelodge_usecases::admin::{SessionsRead, SessionsWrite};

use super::read::NO_USER;
use crate::admin::body::query;
use crate::admin::page::{self, Page, PageQuery};
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::admin::sessions::SessionAnswer;
use crate::problem::Problem;

/// Lists a user's live sessions.
#[utoipa::path(
    tag = "Sessions",
    operation_id = "list_user_sessions",
    params(PageQuery),
    responses((status = 200, description = "A page of the user's live sessions.", body = Page<SessionAnswer>)),
    security(("bearer" = ["sessions:read"])),
)]
#[get("/realms/{realm}/users/{user}/sessions")]
pub(crate) async fn list_user_sessions(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<SessionsRead>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    let query: PageQuery = query(&admin.http)?;
    let filter = SessionFilter {
        user: Some(id),
        live_at: Some(admin.state().foundation.clock.now()),
    };
    let sessions = &admin.api().sessions;
    let listed = sessions.list(&permit, filter, query.page()?).await?;
    let id = |session: &Session| session.id;
    Ok(shown(&page::answer(&listed, id, SessionAnswer::of)))
}

/// Signs a user out everywhere: ends every session and refresh token of theirs and voids their
/// access tokens.
#[utoipa::path(
    tag = "Sessions",
    operation_id = "end_user_sessions",
    responses((status = 204, description = "The user is signed out.")),
    security(("bearer" = ["sessions:write"])),
)]
#[delete("/realms/{realm}/users/{user}/sessions")]
pub(crate) async fn end_user_sessions(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<SessionsWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.api().users.sign_out(&permit, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
