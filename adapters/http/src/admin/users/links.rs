//! Sending a user a one-time link: to a new password, or to prove their address.

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::UsersWrite;

use super::read::NO_USER;
use crate::admin::request::{AdminRequest, row_within};
use crate::problem::Problem;

/// Sends the user a link with which they choose a new password; the link before it is void. 409
/// where they have no address, may not sign in, or the house has no way to send mail.
#[utoipa::path(
    tag = "Users",
    operation_id = "send_password_reset",
    responses((status = 202, description = "The mail is on its way.")),
    security(("bearer" = ["users:write"])),
)]
#[post("/realms/{realm}/users/{user}/password-reset")]
pub(crate) async fn send_password_reset(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    let api = admin.api();
    api.links.reset(&permit, &api.users, id).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Sends the user a link that proves their address; the link before it is void. 409 where it is
/// proved, there is none, or the house has no way to send mail.
#[utoipa::path(
    tag = "Users",
    operation_id = "send_email_verification",
    responses((status = 202, description = "The mail is on its way.")),
    security(("bearer" = ["users:write"])),
)]
#[post("/realms/{realm}/users/{user}/email-verification")]
pub(crate) async fn send_email_verification(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    let api = admin.api();
    api.links.verification(&permit, &api.users, id).await?;
    Ok(HttpResponse::Accepted().finish())
}
