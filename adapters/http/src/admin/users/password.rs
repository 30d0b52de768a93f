//! Setting a user's password.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, put};
use gatelodge_domain::Password;
use gatelodge_usecases::admin::UsersWrite;
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::NO_USER;
use crate::admin::body::read;
use crate::admin::fields::field;
use crate::admin::request::{AdminRequest, path_id};
use crate::problem::Problem;

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// 8 to 256 characters.
    #[schema(example = "correct horse battery staple")]
    password: String,
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
    let permit = admin.permit::<UsersWrite>(&realm).await?;
    let id = path_id(&user, NO_USER)?;
    let body: PasswordBody = read(&admin.http, &body)?;
    let password = field("password", Password::parse(&body.password))?;
    admin
        .api()
        .users
        .set_password(&permit, id, &password)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
