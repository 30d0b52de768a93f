//! Lifting a delay.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::UsersWrite;

use crate::admin::request::{AdminRequest, path_id};
use crate::problem::Problem;

/// Forgets failed sign-ins, so that the next try need not wait.
#[utoipa::path(
    tag = "Throttles",
    operation_id = "lift_throttle",
    responses((status = 204, description = "They are forgotten.")),
    security(("bearer" = ["users:write"])),
)]
#[delete("/realms/{realm}/throttles/{throttle}")]
pub(crate) async fn lift_throttle(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, throttle) = path.into_inner();
    let permit = admin.permit::<UsersWrite>(&realm).await?;
    let id = path_id(&throttle, "there is no such throttle")?;
    admin.api().throttles.lift(&permit, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
