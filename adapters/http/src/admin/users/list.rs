//! Listing users.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::name::canonical_key;
use gatelodge_domain::{Email, User};
use gatelodge_ports::store::{Listed, UserFilter, UserOrder, UserPage, UserPlace};
use gatelodge_usecases::admin::{Refusal, UsersRead};
use serde::Deserialize;
use utoipa::IntoParams;

use super::representation::UserAnswer;
use crate::admin::body::query;
use crate::admin::fields::{field, moment, word};
use crate::admin::page::{self, Page, bad_cursor};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// `next_cursor` of the page before, with the same filter and order.
    #[param(pattern = "^([a-h][a-z2-7]{25}|n\\.[A-Za-z0-9_-]+)$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Only the user of this name.
    #[param(min_length = 1, max_length = 128)]
    username: Option<String>,
    /// Only user names that begin like this.
    #[param(min_length = 1, max_length = 128)]
    username_prefix: Option<String>,
    /// Only the user with this mail address.
    #[param(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// Only mail addresses that begin like this.
    #[param(min_length = 1, max_length = 254)]
    email_prefix: Option<String>,
    /// Only users with this status.
    status: Option<String>,
    /// Only users made then or later.
    #[param(format = DateTime)]
    created_after: Option<String>,
    /// Only users made before then.
    #[param(format = DateTime)]
    created_before: Option<String>,
    /// `created_at` (the default), `-created_at`, `username` or `-username`. By name, only
    /// `username_prefix` may narrow the list; `-created_at` goes with no prefix.
    sort: Option<String>,
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
    let permit = admin.permit_in_reach::<UsersRead>(&realm).await?;
    let query: UserQuery = query(&admin.http)?;
    let filter = query.filter()?;
    let users = &admin.api().users;
    let Some(order) = query.order(&filter)? else {
        let page = page::request(query.cursor.as_deref(), query.limit)?;
        let listed = users.list(&permit, &filter, page).await?;
        let id = |user: &User| user.id;
        return Ok(shown(&page::answer(&listed, id, UserAnswer::of)));
    };
    let page = UserPage {
        order,
        after: query.place(order)?,
        limit: page::limit(query.limit)?,
    };
    let listed = users.list_in_order(&permit, &filter, page).await?;
    Ok(shown(&answer(&listed, order)))
}

impl UserQuery {
    fn filter(&self) -> Result<UserFilter, Refusal> {
        let key = |name: &str, text: Option<&str>| {
            let key = text.map(|text| canonical_key(text).ok_or("nothing is written like this"));
            field(name, key.transpose())
        };
        let time = |name: &str, text: Option<&str>| text.map(|text| moment(name, text)).transpose();
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
            username_key: key("username", self.username.as_deref())?,
            username_prefix: key("username_prefix", self.username_prefix.as_deref())?,
            email_key: field("email", email)?.map(|email| email.key().to_owned()),
            email_prefix: key("email_prefix", self.email_prefix.as_deref())?,
            status: status.transpose()?,
            made_from: time("created_after", self.created_after.as_deref())?,
            made_before: time("created_before", self.created_before.as_deref())?,
            groups: None,
        })
    }

    /// The order, where it is not the default one; refused with filters that no index serves in
    /// that order.
    fn order(&self, filter: &UserFilter) -> Result<Option<UserOrder>, Refusal> {
        const ALL: &str = "created_at, -created_at, username, -username";
        let known = |text: &str| match text {
            "created_at" => Some(None),
            "-created_at" => Some(Some(UserOrder::YoungestFirst)),
            "username" => Some(Some(UserOrder::Username)),
            "-username" => Some(Some(UserOrder::UsernameBackwards)),
            _ => None,
        };
        let Some(text) = self.sort.as_deref() else {
            return Ok(None);
        };
        let order = word("sort", text, known, ALL)?;
        let narrowed = |filter: &UserFilter| *filter != UserFilter::default();
        let plain = UserFilter {
            username_prefix: None,
            ..filter.clone()
        };
        let prefixed = filter.username_prefix.is_some() || filter.email_prefix.is_some();
        match order {
            Some(UserOrder::Username | UserOrder::UsernameBackwards) if narrowed(&plain) => {
                let rule = "by name, only `username_prefix` may narrow the list";
                Err(Refusal::field("sort", rule))
            }
            Some(UserOrder::YoungestFirst) if prefixed => {
                let rule = "`-created_at` goes with no prefix";
                Err(Refusal::field("sort", rule))
            }
            order => Ok(order),
        }
    }

    fn place(&self, order: UserOrder) -> Result<Option<UserPlace>, Refusal> {
        let Some(cursor) = self.cursor.as_deref() else {
            return Ok(None);
        };
        let place = match order {
            UserOrder::YoungestFirst => gatelodge_domain::Id::parse(cursor).ok().map(UserPlace::Id),
            UserOrder::Username | UserOrder::UsernameBackwards => cursor
                .strip_prefix("n.")
                .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map(UserPlace::Username),
        };
        place.map(Some).ok_or_else(bad_cursor)
    }
}

fn answer(listed: &Listed<User>, order: UserOrder) -> Page<UserAnswer> {
    let last = listed.items.last().filter(|_| listed.more);
    Page {
        items: listed.items.iter().map(UserAnswer::of).collect(),
        next_cursor: last.map(|user| match order {
            UserOrder::YoungestFirst => user.id.to_string(),
            UserOrder::Username | UserOrder::UsernameBackwards => {
                format!("n.{}", URL_SAFE_NO_PAD.encode(user.username.key()))
            }
        }),
    }
}
