//! Setting and removing a user's password.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, delete, put};
use gatelodge_usecases::admin::UsersWrite;
use gatelodge_usecases::passwords::PasswordRules;
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::NO_USER;
use super::representation::password_change;
use crate::admin::body::read;
use crate::admin::fields::field;
use crate::admin::request::{AdminRequest, row_within};
use crate::problem::Problem;

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// 8 to 256 characters, and whatever more the realm's policy asks for.
    #[schema(example = "correct horse battery staple")]
    password: String,
    /// Whether the user must choose another one at their next sign-in; until then they get no
    /// token.
    #[serde(default)]
    temporary: bool,
}

/// Sets a user's password, ends their sessions and voids their access tokens.
#[utoipa::path(
    tag = "Users",
    operation_id = "set_password",
    request_body = PasswordBody,
    responses((status = 204, description = "The password is set.")),
    security(("bearer" = ["users:write"])),
)]
#[put("/realms/{realm}/users/{user}/password")]
pub(crate) async fn set_password(
    admin: AdminRequest,
    path: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    let body: PasswordBody = read(&admin.http, &body)?;
    let parsed = PasswordRules::parse(&permit.realm().realm, &body.password);
    let password = field("password", parsed)?;
    let next = password_change(body.temporary);
    let users = &admin.api().users;
    users.set_password(&permit, id, &password, next).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Removes a user's password, ends their sessions and voids their access tokens. They cannot
/// sign in by one until they get another.
#[utoipa::path(
    tag = "Users",
    operation_id = "delete_password",
    responses((status = 204, description = "The password is removed.")),
    security(("bearer" = ["users:write"])),
)]
#[delete("/realms/{realm}/users/{user}/password")]
pub(crate) async fn delete_password(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.api().users.remove_password(&permit, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
