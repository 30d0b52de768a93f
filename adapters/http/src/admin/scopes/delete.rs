//! Deleting a scope.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::ScopesWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Deletes a scope's definition. One that requires permissions is not deleted, because its name would go
/// on in clients, for everybody.
#[utoipa::path(
    tag = "Scopes",
    operation_id = "delete_scope",
    responses(
        (status = 204, description = "The scope is gone."),
        (status = 409, description = "The scope is built in, or requires permissions."),
    ),
    security(("bearer" = ["scopes:write"])),
)]
#[delete("/realms/{realm}/scopes/{scope}")]
pub(crate) async fn delete_scope(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, scope) = path.into_inner();
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let scopes = &admin.api().scopes;
    let scope = scopes.get_to_change(&permit, &scope).await?;
    admin.if_match(scope.revision)?;
    let revision = Some(scope.revision);
    scopes.delete(&permit, scope.id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
