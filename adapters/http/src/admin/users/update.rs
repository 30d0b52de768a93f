//! Changing a user.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::UsersWrite;

use super::read::NO_USER;
use super::representation::{UserAnswer, UserBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, row_within, shown_at};
use crate::problem::Problem;

/// Changes a user by a merge patch (RFC 7396). Deactivating ends their sessions and voids their
/// tokens; the last active administrator cannot be deactivated.
#[utoipa::path(
    tag = "Users",
    operation_id = "update_user",
    request_body(
        content = UserBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"profile": {"nickname": "Ada"}, "status": "active"}),
    ),
    responses((status = 200, description = "The user as they are now.", body = UserAnswer)),
    security(("bearer" = ["users:write"])),
)]
#[patch("/realms/{realm}/users/{user}")]
pub(crate) async fn update_user(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = target.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    let mut patch = read_patch(&admin.http, &body)?;
    let users = &admin.api().users;
    let user = users.get_to_change(&permit, id).await?;
    admin.if_match(user.revision)?;
    let (body, shown) = (UserBody::of(&user), UserAnswer::of(&user));
    if patch
        .get("email")
        .is_some_and(|new| body.changes_email(new))
    {
        // Nobody proved yet that the new address is theirs.
        patch.entry("email_verified").or_insert(false.into());
    }
    let update = merge(&body, &shown, patch)?.update(&user)?;
    let user = users
        .update(&permit, user.id, user.revision, update)
        .await?;
    Ok(shown_at(user.revision, &UserAnswer::of(&user)))
}
