//! Changing a scope.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::ScopesWrite;

use super::representation::{ScopeAnswer, ScopeBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Changes a scope by a merge patch (RFC 7396). What it requires holds for every token that is
/// issued or refreshed from then on. Its name stays, because tokens bear it.
#[utoipa::path(
    tag = "Scopes",
    operation_id = "update_scope",
    request_body(
        content = ScopeBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"description": "See your orders", "requires": ["orders:read"]}),
    ),
    responses((status = 200, description = "The scope as it is now.", body = ScopeAnswer)),
    security(("bearer" = ["scopes:write"])),
)]
#[patch("/realms/{realm}/scopes/{scope}")]
pub(crate) async fn update_scope(
    admin: AdminRequest,
    target: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, scope) = target.into_inner();
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    let scopes = &admin.api().scopes;
    let scope = scopes.get_to_change(&permit, &scope).await?;
    admin.if_match(scope.revision)?;
    let (body, shown) = (ScopeBody::of(&scope), ScopeAnswer::of(&scope));
    let update = merge(&body, &shown, patch)?.update()?;
    let scope = scopes
        .update(&permit, scope.id, scope.revision, update)
        .await?;
    Ok(shown_at(scope.revision, &ScopeAnswer::of(&scope)))
}
