//! Defining a scope.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::ScopesWrite;

use super::representation::{NewScopeBody, ScopeAnswer};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// Defines a scope.
#[utoipa::path(
    tag = "Scopes",
    operation_id = "create_scope",
    request_body = NewScopeBody,
    responses(
        (status = 201, description = "The scope.", body = ScopeAnswer),
        (status = 409, description = "The name is taken."),
    ),
    security(("bearer" = ["scopes:write"])),
)]
#[post("/realms/{realm}/scopes")]
pub(crate) async fn create_scope(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ScopesWrite>(&realm).await?;
    let new = read::<NewScopeBody>(&admin.http, &body)?.new_scope()?;
    let scope = admin.api().scopes.create(&permit, new).await?;
    let answer = ScopeAnswer::of(&scope);
    let id = scope.id.to_string();
    Ok(created(&admin, &id, scope.revision, &answer))
}
