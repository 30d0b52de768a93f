//! Who is in a group.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, put};
use gatelodge_domain::User;
use gatelodge_usecases::admin::{GroupsRead, GroupsWrite};
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::body::query;
use crate::admin::page::{self, Page, PageQuery};
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::admin::users::{NO_USER, status_name};
use crate::problem::Problem;

/// A person in a group.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberAnswer {
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// What they sign in with.
    #[schema(example = "ada")]
    username: String,
    /// `active`, `invited`, `deactivated`, `suspended` or `pending_deletion`.
    #[schema(example = "active")]
    status: &'static str,
}

impl MemberAnswer {
    fn of(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.username.as_str().to_owned(),
            status: status_name(user.status),
        }
    }
}

/// Lists the people in a group.
#[utoipa::path(
    tag = "Groups",
    operation_id = "list_members",
    params(PageQuery),
    responses((status = 200, description = "A page of people.", body = Page<MemberAnswer>)),
    security(("bearer" = ["groups:read"])),
)]
#[get("/realms/{realm}/groups/{group}/members")]
pub(crate) async fn list_members(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group) = path.into_inner();
    let permit = admin.permit_in_reach::<GroupsRead>(&realm).await?;
    let page = query::<PageQuery>(&admin.http)?.page()?;
    let listed = admin.api().groups.members(&permit, &group, page).await?;
    let id = |user: &User| user.id;
    Ok(shown(&page::answer(&listed, id, MemberAnswer::of)))
}

/// Puts a user into a group. In `system`, nobody is given by a group what the caller may not do.
#[utoipa::path(
    tag = "Groups",
    operation_id = "add_member",
    responses((status = 204, description = "The user is in the group.")),
    security(("bearer" = ["groups:write"])),
)]
#[put("/realms/{realm}/groups/{group}/members/{user}")]
pub(crate) async fn add_member(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group, user) = path.into_inner();
    let permit = admin.permit_in_reach::<GroupsWrite>(&realm).await?;
    let user = row_within(&permit, &user, NO_USER)?;
    admin.api().groups.join(&permit, &group, user).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a user out of a group. The last active administrator stays in what makes them one, and
/// nobody is moved out of the sight of an administrator whose reach ends at groups.
#[utoipa::path(
    tag = "Groups",
    operation_id = "remove_member",
    responses(
        (status = 204, description = "The user is no longer in the group."),
        (status = 409, description = "It makes the last administrator one."),
    ),
    security(("bearer" = ["groups:write"])),
)]
#[delete("/realms/{realm}/groups/{group}/members/{user}")]
pub(crate) async fn remove_member(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, group, user) = path.into_inner();
    let permit = admin.permit_in_reach::<GroupsWrite>(&realm).await?;
    let user = row_within(&permit, &user, NO_USER)?;
    admin.api().groups.leave(&permit, &group, user).await?;
    Ok(HttpResponse::NoContent().finish())
}
