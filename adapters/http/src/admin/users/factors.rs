//! A user's second factors.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get};
use gatelodge_domain::Factor;
use gatelodge_usecases::admin::{UsersRead, UsersWrite};
use gatelodge_usecases::mfa::FactorsOf;
use serde::Serialize;
use utoipa::ToSchema;

use super::read::NO_USER;
use crate::admin::request::{AdminRequest, path_id, row_within, shown};
use crate::problem::Problem;
use crate::time;

/// A second factor of a user's. What verifies it is never shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorAnswer {
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// What it is: `totp`.
    #[schema(example = "totp")]
    kind: &'static str,
    /// What its owner calls it.
    #[schema(example = "Phone")]
    name: String,
    /// Whether it is asked for first.
    primary: bool,
    /// When it was enrolled.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    /// When it last proved its owner.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    last_used_at: Option<String>,
}

/// What a user has beside their password.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorsAnswer {
    /// Their second factors, in the order in which they are asked for.
    items: Vec<FactorAnswer>,
    /// `null`: that is all of them.
    next_cursor: Option<String>,
    /// Recovery codes that were not used yet.
    #[schema(example = 8)]
    recovery_codes_left: usize,
    /// Recovery codes that were made.
    #[schema(example = 10)]
    recovery_codes_made: usize,
}

impl FactorAnswer {
    fn of(factor: &Factor) -> Self {
        Self {
            id: factor.id.to_string(),
            kind: factor.kind.as_str(),
            name: factor.name.as_str().to_owned(),
            primary: factor.is_primary(),
            created_at: time::to_text(factor.created_at),
            last_used_at: factor.last_used_at.map(time::to_text),
        }
    }
}

impl FactorsAnswer {
    fn of(theirs: &FactorsOf) -> Self {
        Self {
            items: theirs.factors.iter().map(FactorAnswer::of).collect(),
            next_cursor: None,
            recovery_codes_left: theirs.recovery.left,
            recovery_codes_made: theirs.recovery.made,
        }
    }
}

/// Lists a user's second factors, and counts their recovery codes.
#[utoipa::path(
    tag = "Users",
    operation_id = "list_factors",
    responses((status = 200, description = "What the user has.", body = FactorsAnswer)),
    security(("bearer" = ["users:read"])),
)]
#[get("/realms/{realm}/users/{user}/factors")]
pub(crate) async fn list_factors(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersRead>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    let theirs = admin.api().factors.list(&permit, id).await?;
    Ok(shown(&FactorsAnswer::of(&theirs)))
}

/// Removes one of a user's second factors; with the last one go the recovery codes.
#[utoipa::path(
    tag = "Users",
    operation_id = "delete_factor",
    responses((status = 204, description = "The factor is removed.")),
    security(("bearer" = ["users:write"])),
)]
#[delete("/realms/{realm}/users/{user}/factors/{factor}")]
pub(crate) async fn delete_factor(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user, factor) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    let factor = path_id(&factor, "the user has no such factor")?;
    admin.api().factors.remove(&permit, id, factor).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes all of a user's second factors and recovery codes away, for somebody who lost them.
/// Where a second factor is needed, they set one up at their next sign-in.
#[utoipa::path(
    tag = "Users",
    operation_id = "reset_factors",
    responses((status = 204, description = "The user has no second factor.")),
    security(("bearer" = ["users:write"])),
)]
#[delete("/realms/{realm}/users/{user}/factors")]
pub(crate) async fn reset_factors(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersWrite>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    admin.reach_user(&permit, id).await?;
    admin.api().factors.reset(&permit, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
