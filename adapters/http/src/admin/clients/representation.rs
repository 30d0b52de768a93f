//! A client as the API shows it.

use gatelodge_domain::Client;
use gatelodge_domain::client::{ClientOrigin, ClientSecret};
use gatelodge_usecases::clients::CreatedSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::registration::ClientBody;
use crate::time;

/// A client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientAnswer {
    /// Its identifier; names the client in this API, percent-encoded.
    #[schema(example = "my-app")]
    client_id: String,
    /// When it was registered, in seconds since 1970.
    #[schema(example = 1_769_860_800)]
    client_id_issued_at: i64,
    /// Who registered it: `built_in`, `administrator` or `dynamic`.
    #[schema(example = "administrator")]
    origin: &'static str,
    /// Its secrets, without their text.
    secrets: Vec<SecretAnswer>,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    updated_at: String,
    #[serde(flatten)]
    body: ClientBody,
}

/// A client that was just registered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewClientAnswer {
    /// Its secret, shown this once, where one was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gl_cs_3q2-7wAAAAB0aGlzIGlzIGFuIGV4YW1wbGUgb25seSEabc123")]
    pub(crate) client_secret: Option<String>,
    /// When it stops working, in seconds since 1970; 0 is never (RFC 7591 §3.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0)]
    pub(crate) client_secret_expires_at: Option<i64>,
    /// The client.
    #[serde(flatten)]
    pub(crate) client: ClientAnswer,
}

/// A secret, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretAnswer {
    /// Names it in this API.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    /// When it stops working; `null` is never.
    #[schema(format = DateTime, example = "2026-02-28T12:00:00.000Z")]
    expires_at: Option<String>,
}

/// Whether a secret is the client's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretCheckAnswer {
    /// Whether it works now.
    #[schema(example = true)]
    works: bool,
    /// Which one it is.
    secret: Option<SecretAnswer>,
}

/// A secret that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewSecretAnswer {
    /// Its text, shown this once, where it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gl_cs_3q2-7wAAAAB0aGlzIGlzIGFuIGV4YW1wbGUgb25seSEabc123")]
    client_secret: Option<String>,
    #[serde(flatten)]
    secret: SecretAnswer,
}

impl ClientAnswer {
    pub(super) fn of(client: &Client) -> Self {
        Self {
            client_id: client.client_id.as_str().to_owned(),
            client_id_issued_at: client.created_at.as_seconds(),
            origin: origin_name(client.origin),
            secrets: client.secrets.iter().map(SecretAnswer::of).collect(),
            created_at: time::to_text(client.created_at),
            updated_at: time::to_text(client.updated_at),
            body: ClientBody::of(client),
        }
    }
}

/// Who registered a client, as the API names it.
pub(super) const fn origin_name(origin: ClientOrigin) -> &'static str {
    match origin {
        ClientOrigin::BuiltIn => "built_in",
        ClientOrigin::Administrator => "administrator",
        ClientOrigin::Dynamic => "dynamic",
    }
}

impl SecretAnswer {
    pub(super) fn of(secret: &ClientSecret) -> Self {
        Self {
            id: secret.id.to_string(),
            created_at: time::to_text(secret.created_at),
            expires_at: secret.expires_at.map(time::to_text),
        }
    }
}

impl SecretCheckAnswer {
    pub(super) fn of(found: Option<&ClientSecret>) -> Self {
        Self {
            works: found.is_some(),
            secret: found.map(SecretAnswer::of),
        }
    }
}

impl NewSecretAnswer {
    pub(super) fn of(created: &CreatedSecret) -> Self {
        Self {
            client_secret: created.text.as_ref().map(|text| text.expose().clone()),
            secret: SecretAnswer::of(&created.stored),
        }
    }
}
