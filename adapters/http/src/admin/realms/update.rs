//! Changing a realm.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, patch};
use gatelodge_usecases::admin::RealmsWrite;

use super::representation::{RealmAnswer, RealmBody};
use crate::admin::body::{merge, read_patch};
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Changes a realm by a merge patch (RFC 7396); `null` lets a setting fall back to its default.
#[utoipa::path(
    tag = "Realms",
    operation_id = "update_realm",
    request_body(
        content = RealmBody,
        content_type = "application/merge-patch+json",
        description = "The fields to change.",
        example = json!({"settings": {"authorization_code_lifetime": 60, "access_token_lifetime": null}}),
    ),
    responses((status = 200, description = "The realm as it is now.", body = RealmAnswer)),
    security(("bearer" = ["realms:write"])),
)]
#[patch("/realms/{realm}")]
pub(crate) async fn update_realm(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<RealmsWrite>(&realm).await?;
    let patch = read_patch(&admin.http, &body)?;
    let realm = &permit.realm().realm;
    admin.if_match(realm.revision)?;
    let issuers = &admin.state().foundation.issuers;
    let shown = RealmAnswer::of(realm, issuers);
    let update = merge(&RealmBody::of(realm), &shown, patch)?.update()?;
    let realms = &admin.api().realms;
    let realm = realms.update(&permit, realm.revision, update).await?;
    Ok(shown_at(realm.revision, &RealmAnswer::of(&realm, issuers)))
}
