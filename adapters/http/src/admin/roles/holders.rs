//! Who holds a role.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Id;
use gatelodge_ports::store::Holder;
use gatelodge_usecases::admin::{Refusal, RolesRead};
use gatelodge_usecases::roles::NamedHolder;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::body::query;
use crate::admin::page::{self, Page};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// A person, group or client that holds a role directly.
#[derive(Serialize, ToSchema)]
pub(crate) struct HolderAnswer {
    /// `user`, `group` or `client`.
    #[schema(example = "user")]
    kind: &'static str,
    /// Its row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// A user name, a group's name, or a `client_id`.
    #[schema(example = "ada")]
    name: Option<String>,
}

impl HolderAnswer {
    fn of(named: &NamedHolder) -> Self {
        Self {
            kind: named.holder.kind(),
            id: Id::<Holder>::from_u128(named.holder.bits()).to_string(),
            name: named.name.clone(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HolderQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-z]+\\.[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
}

/// Lists who holds a role directly: people, groups and clients. Who holds it through a group or
/// another role is told of by those.
#[utoipa::path(
    tag = "Roles",
    operation_id = "list_role_holders",
    params(HolderQuery),
    responses((status = 200, description = "A page of holders.", body = Page<HolderAnswer>)),
    security(("bearer" = ["roles:read"])),
)]
#[get("/realms/{realm}/roles/{role}/holders")]
pub(crate) async fn list_role_holders(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, role) = path.into_inner();
    let permit = admin.permit::<RolesRead>(&realm).await?;
    let query: HolderQuery = query(&admin.http)?;
    let limit = page::limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let roles = &admin.api().roles;
    let found = roles.holders(&permit, &role, after, limit).await?;
    Ok(shown(&Page {
        items: found.items.iter().map(HolderAnswer::of).collect(),
        next_cursor: found.next.map(cursor),
    }))
}

fn cursor(holder: Holder) -> String {
    let id: Id<Holder> = Id::from_u128(holder.bits());
    format!("{}.{id}", holder.kind())
}

fn read_cursor(text: &str) -> Result<Holder, Refusal> {
    let holder = text.split_once('.').and_then(|(kind, id)| {
        let id: Id<Holder> = Id::parse(id).ok()?;
        Holder::from_parts(kind, id.as_u128())
    });
    holder.ok_or_else(page::bad_cursor)
}
