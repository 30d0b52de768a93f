//! Reading a grant.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::GrantsRead;

use super::representation::GrantAnswer;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::problem::Problem;

/// The answer to a path that names no grant.
pub(super) const NO_GRANT: &str = "there is no such grant, or it has ended";

/// Shows an authorization.
#[utoipa::path(
    tag = "Grants",
    operation_id = "read_grant",
    responses((status = 200, description = "The grant.", body = GrantAnswer)),
    security(("bearer" = ["grants:read"])),
)]
#[get("/realms/{realm}/grants/{grant}")]
pub(crate) async fn read_grant(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, grant) = path.into_inner();
    let permit = admin.permit_in_reach::<GrantsRead>(&realm).await?;
    let id = row_within(&permit, &grant, NO_GRANT)?;
    let grant = admin.api().grants.get(&permit, id).await?;
    Ok(shown(&GrantAnswer::of(&admin, &permit, &grant).await?))
}
