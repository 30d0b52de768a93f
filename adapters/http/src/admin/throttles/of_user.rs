//! The delays of one user.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get};
use gatelodge_usecases::admin::{UsersRead, UsersWrite};

use super::representation::ThrottleAnswer;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::admin::users::NO_USER;
use crate::problem::Problem;

/// Shows a user's failed sign-ins, under each name that was tried, and wrong codes of their
/// second factors.
#[utoipa::path(
    tag = "Throttles",
    operation_id = "read_user_throttle",
    responses((status = 200, description = "All of the user's throttles.", body = Page<ThrottleAnswer>)),
    security(("bearer" = ["users:read"])),
)]
#[get("/realms/{realm}/users/{user}/throttle")]
pub(crate) async fn read_user_throttle(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersRead>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    let throttles = admin.api().throttles.of_user(&permit, id).await?;
    let now = admin.state().foundation.clock.now();
    Ok(shown(&Page {
        items: throttles
            .iter()
            .map(|one| ThrottleAnswer::of(one, now))
            .collect(),
        next_cursor: None,
    }))
}

/// Forgets a user's failed sign-ins, so that the next try need not wait.
#[utoipa::path(
    tag = "Throttles",
    operation_id = "lift_user_throttle",
    responses((status = 204, description = "They are forgotten.")),
    security(("bearer" = ["users:write"])),
)]
#[delete("/realms/{realm}/users/{user}/throttle")]
pub(crate) async fn lift_user_throttle(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    admin.api().throttles.lift_of(&permit, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
