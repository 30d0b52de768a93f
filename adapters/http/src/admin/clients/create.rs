//! Registering a client.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_domain::ClientId;
use gatelodge_usecases::admin::{ClientsWrite, Refusal};
use gatelodge_usecases::clients::{NewClient, SuppliedSecret};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::metadata::refuse_unkept;
use super::registration::ClientBody;
use super::representation::{ClientAnswer, NewClientAnswer};
use crate::admin::body::{read, typed};
use crate::admin::fields::field;
use crate::admin::request::{AdminRequest, created};
use crate::problem::Problem;

/// A client to be registered.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewClientBody {
    /// Its identifier, which may be a URL; made here without.
    #[schema(example = "my-app")]
    client_id: Option<String>,
    /// Its secret, at least 32 characters of generated material; made here without.
    client_secret: Option<String>,
    #[serde(flatten)]
    body: ClientBody,
}

/// Registers a client. A secret that is made here is shown this once.
#[utoipa::path(
    tag = "Clients",
    operation_id = "create_client",
    request_body(
        content = NewClientBody,
        example = json!({
            "client_id": "my-app",
            "client_name": "My app",
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": ["https://app.example.com/callback"],
        }),
    ),
    responses(
        (status = 201, description = "The client.", body = NewClientAnswer),
        (status = 409, description = "The `client_id` is taken."),
    ),
    security(("bearer" = ["clients:write"])),
)]
#[post("/realms/{realm}/clients")]
pub(crate) async fn create_client(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ClientsWrite>(&realm).await?;
    let new = NewClientBody::read(read(&admin.http, &body)?)?.new_client()?;
    let made = admin.api().clients.create(&permit, new).await?;
    let answer = NewClientAnswer {
        client_secret_expires_at: made.secret.as_ref().map(|_| 0),
        client_secret: made.secret.map(|secret| secret.expose().clone()),
        client: ClientAnswer::of(&made.client),
    };
    let client = &made.client;
    Ok(created(
        &admin,
        client.client_id.as_str(),
        client.revision,
        &answer,
    ))
}

impl NewClientBody {
    /// The identifier and the secret can be given at registration only.
    fn read(mut members: Map<String, Value>) -> Result<Self, Problem> {
        refuse_unkept(&members)?;
        let mut take = |name: &'static str| match members.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::field(name, "this is a text")),
        };
        Ok(Self {
            client_id: take("client_id")?,
            client_secret: take("client_secret")?,
            body: typed(members)?,
        })
    }

    fn new_client(&self) -> Result<NewClient, Refusal> {
        let client_id = self.client_id.as_deref().map(ClientId::parse).transpose();
        let secret = self.client_secret.as_deref().map(SuppliedSecret::parse);
        Ok(NewClient {
            client_id: field("client_id", client_id)?,
            secret: secret.transpose()?,
            registration: self.body.registration(None)?,
        })
    }
}

/// A client from the members of a body, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_client(members: Map<String, Value>) -> Option<NewClient> {
    NewClientBody::read(members).ok()?.new_client().ok()
}
