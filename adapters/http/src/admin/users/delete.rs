//! Deleting a user.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::UsersWrite;

use super::read::NO_USER;
use crate::admin::request::{AdminRequest, path_id};
use crate::problem::Problem;

/// Deletes a user with everything that is theirs. What identifies them in the audit trail can
/// never be read again, and no stored event changes.
#[utoipa::path(
    tag = "Users",
    operation_id = "delete_user",
    responses(
        (status = 204, description = "The user is gone."),
        (status = 409, description = "The last active administrator cannot be deleted."),
    ),
    security(("bearer" = ["users:write"])),
)]
#[delete("/realms/{realm}/users/{user}")]
pub(crate) async fn delete_user(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit::<UsersWrite>(&realm).await?;
    let users = &admin.api().users;
    let user = users
        .get_to_change(&permit, path_id(&user, NO_USER)?)
        .await?;
    admin.if_match(user.revision)?;
    users.delete(&permit, user.id, Some(user.revision)).await?;
    Ok(HttpResponse::NoContent().finish())
}
