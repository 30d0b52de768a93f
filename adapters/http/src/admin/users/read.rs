//! Reading a user.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::UsersRead;

use super::representation::UserAnswer;
use crate::admin::request::{AdminRequest, row_within, shown_at};
use crate::problem::Problem;

/// The answer to a path that names nobody.
pub(crate) const NO_USER: &str = "there is no such user";

/// Shows a user.
#[utoipa::path(
    tag = "Users",
    operation_id = "read_user",
    responses((status = 200, description = "The user.", body = UserAnswer)),
    security(("bearer" = ["users:read"])),
)]
#[get("/realms/{realm}/users/{user}")]
pub(crate) async fn read_user(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersRead>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    let user = admin.api().users.get(&permit, id).await?;
    Ok(shown_at(user.revision, &UserAnswer::of(&user)))
}
