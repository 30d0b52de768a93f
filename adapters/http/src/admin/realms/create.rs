//! Making a realm.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, post};
use gatelodge_usecases::admin::RealmsWrite;

use super::representation::{NewRealmBody, RealmAnswer};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// Makes a realm with its own issuer, users, clients and keys.
#[utoipa::path(
    tag = "Realms",
    operation_id = "create_realm",
    request_body = NewRealmBody,
    responses(
        (status = 201, description = "The realm.", body = RealmAnswer),
        (status = 409, description = "The slug is taken."),
    ),
    security(("bearer" = ["realms:write"])),
)]
#[post("/realms")]
pub(crate) async fn create_realm(
    admin: AdminRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit_everywhere::<RealmsWrite>().await?;
    let new = read::<NewRealmBody>(&admin.http, &body)?.new_realm()?;
    let realm = admin.api().realms.create(&permit, new).await?;
    let answer = RealmAnswer::of(&realm, &admin.state().foundation.issuers);
    Ok(created(
        &admin,
        realm.slug.as_str(),
        realm.revision,
        &answer,
    ))
}
