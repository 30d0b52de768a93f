//! The secrets of a client: a new one while the old one still works, whether one is still the
//! same, and removal.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, delete, get, post};
use gatelodge_usecases::admin::{ClientsRead, ClientsWrite, Refusal};
use gatelodge_usecases::clients::{NewSecret, SuppliedSecret};
use serde::Deserialize;
use utoipa::ToSchema;

use super::representation::{NewSecretAnswer, SecretAnswer, SecretCheckAnswer};
use crate::admin::body::read;
use crate::admin::fields::moment;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, path_id, shown};
use crate::problem::Problem;

/// A secret to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecretBody {
    /// What it is, at least 32 characters of generated material; made here without.
    #[serde(default)]
    client_secret: Option<String>,
    /// When it stops working; never without.
    #[serde(default)]
    #[schema(format = DateTime, example = "2126-01-31T12:00:00Z")]
    expires_at: Option<String>,
    /// When every other secret stops working, unless it does so earlier.
    #[serde(default)]
    #[schema(format = DateTime, example = "2125-01-31T12:00:00Z")]
    expire_others_at: Option<String>,
}

/// A secret that may be the client's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretCheckBody {
    /// The secret, as it is known elsewhere.
    client_secret: String,
}

/// Lists a client's secrets, without their text: of a secret only a keyed digest is kept.
#[utoipa::path(
    tag = "Clients",
    operation_id = "list_secrets",
    responses((status = 200, description = "All of the client's secrets.", body = Page<SecretAnswer>)),
    security(("bearer" = ["clients:read"])),
)]
#[get("/realms/{realm}/clients/{client}/secrets")]
pub(crate) async fn list_secrets(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client) = path.into_inner();
    let permit = admin.permit::<ClientsRead>(&realm).await?;
    let client = admin.api().clients.get(&permit, &client).await?;
    Ok(shown(&Page {
        items: client.secrets.iter().map(SecretAnswer::of).collect(),
        next_cursor: None,
    }))
}

/// Adds a secret, which is shown this once. With `expire_others_at` this is a rotation: the old
/// ones go on working until then.
#[utoipa::path(
    tag = "Clients",
    operation_id = "create_secret",
    request_body(
        content = NewSecretBody,
        example = json!({"expire_others_at": "2126-01-31T12:00:00Z"}),
    ),
    responses((status = 201, description = "The secret.", body = NewSecretAnswer)),
    security(("bearer" = ["clients:write"])),
)]
#[post("/realms/{realm}/clients/{client}/secrets")]
pub(crate) async fn create_secret(
    admin: AdminRequest,
    path: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, client) = path.into_inner();
    let permit = admin.permit::<ClientsWrite>(&realm).await?;
    let new = read::<NewSecretBody>(&admin.http, &body)?.new_secret()?;
    let clients = &admin.api().clients;
    let made = clients.add_secret(&permit, &client, new).await?;
    Ok(HttpResponse::Created().json(NewSecretAnswer::of(&made)))
}

/// Tells which of the client's live secrets this is, if any, so that a secret which is kept
/// elsewhere can be compared. Nothing is written.
#[utoipa::path(
    tag = "Clients",
    operation_id = "check_secret",
    request_body(
        content = SecretCheckBody,
        example = json!({"client_secret": "not-a-secret-but-an-example-of-32-characters"}),
    ),
    responses((status = 200, description = "Whether it works.", body = SecretCheckAnswer)),
    security(("bearer" = ["clients:read"])),
)]
#[post("/realms/{realm}/clients/{client}/secrets/check")]
pub(crate) async fn check_secret(
    admin: AdminRequest,
    path: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (realm, client) = path.into_inner();
    let permit = admin.permit::<ClientsRead>(&realm).await?;
    let body = read::<SecretCheckBody>(&admin.http, &body)?;
    let supplied = SuppliedSecret::parse(&body.client_secret)?;
    let clients = &admin.api().clients;
    let found = clients.find_secret(&permit, &client, &supplied).await?;
    Ok(shown(&SecretCheckAnswer::of(found.as_ref())))
}

/// Removes a secret; it stops working at once.
#[utoipa::path(
    tag = "Clients",
    operation_id = "delete_secret",
    responses((status = 204, description = "The secret is gone.")),
    security(("bearer" = ["clients:write"])),
)]
#[delete("/realms/{realm}/clients/{client}/secrets/{secret}")]
pub(crate) async fn delete_secret(
    admin: AdminRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, client, secret) = path.into_inner();
    let permit = admin.permit::<ClientsWrite>(&realm).await?;
    let id = path_id(&secret, "the client has no such secret")?;
    let clients = &admin.api().clients;
    clients.remove_secret(&permit, &client, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl NewSecretBody {
    fn new_secret(&self) -> Result<NewSecret, Refusal> {
        let at = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| moment(name, text)).transpose()
        };
        let supplied = self.client_secret.as_deref().map(SuppliedSecret::parse);
        Ok(NewSecret {
            supplied: supplied.transpose()?,
            expires_at: at("expires_at", &self.expires_at)?,
            expire_others_at: at("expire_others_at", &self.expire_others_at)?,
        })
    }
}
