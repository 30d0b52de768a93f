//! What somebody may do, and why.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::role::RoleName;
use gatelodge_usecases::admin::RolesRead;
use gatelodge_usecases::rights::{EffectivePermission, Reason, reasons_for};
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::admin::users::NO_USER;
use crate::problem::Problem;

/// One way in which a permission reaches somebody.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReasonAnswer {
    /// The role that has the permission.
    #[schema(example = "reader")]
    role: String,
    /// The composite roles on the way to it, the one that is held first; empty where the role
    /// itself is held.
    #[schema(example = json!(["support"]))]
    via: Vec<String>,
    /// The group that gives what is held; `null` where it was given directly.
    #[schema(example = "sales")]
    group: Option<String>,
}

/// A permission that somebody has, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct EffectivePermissionAnswer {
    /// The permission.
    #[schema(example = "orders:read")]
    permission: String,
    /// Every reason.
    because: Vec<ReasonAnswer>,
}

/// Whether somebody has a permission, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessAnswer {
    /// Whether they have it.
    allowed: bool,
    /// Every reason; empty where they have it not.
    because: Vec<ReasonAnswer>,
}

impl ReasonAnswer {
    fn of(reason: &Reason) -> Self {
        let text = |name: &RoleName| name.as_str().to_owned();
        Self {
            role: text(&reason.role),
            via: reason.via.iter().map(text).collect(),
            group: reason.group.as_ref().map(text),
        }
    }
}

fn all(effective: &[EffectivePermission]) -> Page<EffectivePermissionAnswer> {
    let answer = |one: &EffectivePermission| EffectivePermissionAnswer {
        permission: one.permission.as_str().to_owned(),
        because: one.because.iter().map(ReasonAnswer::of).collect(),
    };
    Page {
        items: effective.iter().map(answer).collect(),
        next_cursor: None,
    }
}

fn one(effective: &[EffectivePermission], permission: &str) -> AccessAnswer {
    let reasons = reasons_for(effective, permission);
    AccessAnswer {
        allowed: !reasons.is_empty(),
        because: reasons.iter().map(ReasonAnswer::of).collect(),
    }
}

/// Lists what a user may do, each permission with every reason for it.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "list_user_permissions",
    responses((status = 200, description = "All of them.", body = Page<EffectivePermissionAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/users/{user}/permissions")]
pub(crate) async fn list_user_permissions(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<RolesRead>(&realm).await?;
    let user = row_within(&permit, &user, NO_USER)?;
    let effective = admin.api().rights.of_user(&permit, user).await?;
    Ok(shown(&all(&effective)))
}

/// Tells whether a user has a permission, and why.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "check_user_permission",
    responses((status = 200, description = "Whether, and why.", body = AccessAnswer)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/users/{user}/permissions/{permission}")]
pub(crate) async fn check_user_permission(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user, permission) = path.into_inner();
    let permit = admin.permit_in_reach::<RolesRead>(&realm).await?;
    let user = row_within(&permit, &user, NO_USER)?;
    let effective = admin.api().rights.of_user(&permit, user).await?;
    Ok(shown(&one(&effective, &permission)))
}

/// Lists what a client may do for itself, each permission with every reason for it.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "list_client_permissions",
    responses((status = 200, description = "All of them.", body = Page<EffectivePermissionAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/clients/{client}/permissions")]
pub(crate) async fn list_client_permissions(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client) = path.into_inner();
    let permit = admin.permit::<RolesRead>(&realm).await?;
    let effective = admin.api().rights.of_client(&permit, &client).await?;
    Ok(shown(&all(&effective)))
}

/// Tells whether a client has a permission for itself, and why.
#[utoipa::path(
    tag = "Permissions",
    operation_id = "check_client_permission",
    responses((status = 200, description = "Whether, and why.", body = AccessAnswer)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/clients/{client}/permissions/{permission}")]
pub(crate) async fn check_client_permission(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client, permission) = path.into_inner();
    let permit = admin.permit::<RolesRead>(&realm).await?;
    let effective = admin.api().rights.of_client(&permit, &client).await?;
    Ok(shown(&one(&effective, &permission)))
}
