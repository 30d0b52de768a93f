//! Listing clients.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Client;
use gatelodge_domain::client::ClientOrigin;
use gatelodge_ports::store::ClientFilter;
use gatelodge_usecases::admin::{ClientsRead, Refusal};
use serde::Deserialize;
use utoipa::IntoParams;

use super::registration::GRANT_TYPES;
use super::representation::{ClientAnswer, origin_name};
use crate::admin::body::query;
use crate::admin::fields::word;
use crate::admin::page::{self, Page};
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ClientQuery {
    /// `next_cursor` of the page before.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    cursor: Option<String>,
    /// Items on a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Only clients whose `client_id` begins like this.
    client_id: Option<String>,
    /// Only clients whose `client_name` begins like this; ASCII letters in either case.
    name: Option<String>,
    /// Only enabled (`true`) or disabled (`false`) ones.
    enabled: Option<bool>,
    /// Only those registered by this party.
    origin: Option<String>,
    /// Only those that may use this grant type.
    #[param(example = "client_credentials")]
    grant_type: Option<String>,
}

/// Lists clients.
#[utoipa::path(
    tag = "Clients",
    operation_id = "list_clients",
    params(ClientQuery),
    responses((status = 200, description = "A page of clients.", body = Page<ClientAnswer>)),
    security(("bearer" = ["clients:read"])),
)]
#[get("/realms/{realm}/clients")]
pub(crate) async fn list_clients(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ClientsRead>(&realm).await?;
    let query: ClientQuery = query(&admin.http)?;
    let page = page::request(query.cursor.as_deref(), query.limit)?;
    let filter = ClientFilter {
        client_id_prefix: query.client_id,
        name_prefix: query.name,
        enabled: query.enabled,
        origin: query.origin.as_deref().map(origin_of).transpose()?,
        grant_type: query.grant_type.map(known_grant_type).transpose()?,
    };
    let listed = admin.api().clients.list(&permit, &filter, page).await?;
    let id = |client: &Client| client.id;
    Ok(shown(&page::answer(&listed, id, ClientAnswer::of)))
}

fn origin_of(text: &str) -> Result<ClientOrigin, Refusal> {
    let all = [
        ClientOrigin::BuiltIn,
        ClientOrigin::Administrator,
        ClientOrigin::Dynamic,
    ];
    let parse = |text: &str| all.into_iter().find(|one| origin_name(*one) == text);
    word("origin", text, parse, "built_in, administrator, dynamic")
}

fn known_grant_type(text: String) -> Result<String, Refusal> {
    let parse = |text: &str| GRANT_TYPES.contains(&text).then_some(());
    word("grant_type", &text, parse, &GRANT_TYPES.join(", "))?;
    Ok(text)
}
