//! Reading a scope.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::ScopesRead;

use super::representation::ScopeAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Shows a scope.
#[utoipa::path(
    tag = "Scopes",
    operation_id = "read_scope",
    responses((status = 200, description = "The scope.", body = ScopeAnswer)),
    security(("bearer" = ["scopes:read"])),
)]
#[get("/realms/{realm}/scopes/{scope}")]
pub(crate) async fn read_scope(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, scope) = path.into_inner();
    let permit = admin.permit::<ScopesRead>(&realm).await?;
    let scope = admin.api().scopes.get(&permit, &scope).await?;
    Ok(shown_at(scope.revision, &ScopeAnswer::of(&scope)))
}
