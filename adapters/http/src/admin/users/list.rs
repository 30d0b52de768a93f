//! Listing users.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::name::canonical_key;
use gatelodge_domain::{Email, User};
use gatelodge_ports::store::UserFilter;
use gatelodge_usecases::admin::{Refusal, UsersRead};
use serde::Deserialize;
use utoipa::IntoParams;

use super::representation::UserAnswer;
use crate::admin::body::query;
use crate::admin::fields::{field, word};
use crate::admin::page::{self, Page};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Only user names that begin like this.
    #[param(min_length = 1, max_length = 128)]
    username: Option<String>,
    /// Only the user with this mail address.
    #[param(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// Only users with this status.
    #[param(pattern = "^(active|invited|deactivated|suspended|pending_deletion)$")]
    status: Option<String>,
}

/// Lists users.
#[utoipa::path(
    tag = "Users",
    operation_id = "list_users",
    params(UserQuery),
    responses((status = 200, description = "A page of users.", body = Page<UserAnswer>)),
    security(("bearer" = ["users:read"])),
)]
#[get("/realms/{realm}/users")]
pub(crate) async fn list_users(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<UsersRead>(&realm).await?;
    let query: UserQuery = query(&admin.http)?;
    let page = page::request(query.cursor.as_deref(), query.limit)?;
    let listed = admin
        .api()
        .users
        .list(&permit, &query.filter()?, page)
        .await?;
    let id = |user: &User| user.id;
    Ok(shown(&page::answer(&listed, id, UserAnswer::of)))
}

impl UserQuery {
    fn filter(&self) -> Result<UserFilter, Refusal> {
        let prefix = self
            .username
            .as_deref()
            .map(|text| canonical_key(text).ok_or("no user name begins like this"));
        let email = self.email.as_deref().map(Email::parse).transpose();
        let status = self.status.as_deref().map(|text| {
            const ALL: [&str; 5] = [
                "active",
                "invited",
                "deactivated",
                "suspended",
                "pending_deletion",
            ];
            let known = |text: &str| ALL.into_iter().find(|one| *one == text);
            word("status", text, known, &ALL.join(", "))
        });
        Ok(UserFilter {
            username_prefix: field("username", prefix.transpose())?,
            email_key: field("email", email)?.map(|email| email.key().to_owned()),
            status: status.transpose()?,
        })
    }
}
