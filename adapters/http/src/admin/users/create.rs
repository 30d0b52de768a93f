//! Making a user.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::UsersWrite;

use super::representation::{NewUserBody, UserAnswer};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// Makes a user.
#[utoipa::path(
    tag = "Users",
    operation_id = "create_user",
    request_body = NewUserBody,
    responses(
        (status = 201, description = "The user.", body = UserAnswer),
        (status = 409, description = "The user name or the mail address is taken."),
    ),
    security(("bearer" = ["users:write"])),
)]
#[post("/realms/{realm}/users")]
pub(crate) async fn create_user(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<UsersWrite>(&realm).await?;
    let new = read::<NewUserBody>(&admin.http, &body)?.new_user()?;
    let user = admin.api().users.create(&permit, new).await?;
    let answer = UserAnswer::of(&user);
    Ok(created(
        &admin,
        &user.id.to_string(),
        user.revision,
        &answer,
    ))
}
