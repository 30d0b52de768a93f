//! Registered fields that are kept and told, with bounds. They stand beside the others, as in
//! RFC 7591 §2 and OpenID Connect Dynamic Client Registration 1.0 §2.

use gatelodge_domain::client::{ClientMetadata, SubjectType};
use gatelodge_usecases::admin::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

const LONGEST: usize = 2_000;
const MOST: usize = 100;
const LONGEST_JWKS: usize = 65_536;
const LONGEST_STATEMENT: usize = 16_384;

/// What a client says about itself and how it wants to be treated.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct MetadataBody {
    /// A page about the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://app.example.com/")]
    client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<String>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    tos_uri: Option<String>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_uri: Option<String>,
    /// Where its keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    /// Names the software.
    #[serde(skip_serializing_if = "Option::is_none")]
    software_id: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    software_version: Option<String>,
    /// What an authority says of it, as a JWT (RFC 7591 §2.3). Kept as it was sent: nothing in it
    /// is verified or applied here.
    #[serde(skip_serializing_if = "Option::is_none")]
    software_statement: Option<String>,
    /// Its sector, for pairwise subjects.
    #[serde(skip_serializing_if = "Option::is_none")]
    sector_identifier_uri: Option<String>,
    /// Where a third party can begin a sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    initiate_login_uri: Option<String>,
    /// Where its request objects are. Kept for the day on which they are accepted by reference;
    /// discovery says whether they are.
    #[schema(example = json!([]))]
    request_uris: Vec<String>,
    /// Where it hears of sign-outs from the server; discovery says whether it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    backchannel_logout_uri: Option<String>,
    /// Whether such a call must bear the `sid`.
    backchannel_logout_session_required: Option<bool>,
    /// Where it hears of sign-outs from the browser; discovery says whether it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    frontchannel_logout_uri: Option<String>,
    /// Whether such a call must bear `iss` and `sid`.
    frontchannel_logout_session_required: Option<bool>,
    /// Algorithm of its request objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_object_signing_alg: Option<String>,
    /// Algorithm of its assertions.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg: Option<String>,
    /// How to reach the people responsible for it.
    #[schema(example = json!(["ops@example.com"]))]
    contacts: Vec<String>,
    /// Default maximum age of a sign-in, in seconds.
    default_max_age: Option<u32>,
    /// Whether its ID tokens always say when the person signed in.
    require_auth_time: Option<bool>,
    /// Default authentication context classes.
    #[schema(example = json!([]))]
    default_acr_values: Vec<String>,
    /// `public`: the same `sub` for every client.
    #[schema(example = "public")]
    subject_type: String,
    /// Its public keys, as a JWK set.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
}

impl Default for MetadataBody {
    fn default() -> Self {
        Self::of(&ClientMetadata::default())
    }
}

impl MetadataBody {
    /// As a client is registered.
    pub(super) fn of(metadata: &ClientMetadata) -> Self {
        Self {
            client_uri: metadata.client_uri.clone(),
            logo_uri: metadata.logo_uri.clone(),
            tos_uri: metadata.tos_uri.clone(),
            policy_uri: metadata.policy_uri.clone(),
            jwks_uri: metadata.jwks_uri.clone(),
            software_id: metadata.software_id.clone(),
            software_version: metadata.software_version.clone(),
            software_statement: metadata.software_statement.clone(),
            request_uris: metadata.request_uris.clone(),
            backchannel_logout_session_required: metadata.backchannel_logout_session_required,
            frontchannel_logout_session_required: metadata.frontchannel_logout_session_required,
            sector_identifier_uri: metadata.sector_identifier_uri.clone(),
            initiate_login_uri: metadata.initiate_login_uri.clone(),
            backchannel_logout_uri: metadata.backchannel_logout_uri.clone(),
            frontchannel_logout_uri: metadata.frontchannel_logout_uri.clone(),
            request_object_signing_alg: metadata.request_object_signing_alg.clone(),
            token_endpoint_auth_signing_alg: metadata.token_endpoint_auth_signing_alg.clone(),
            contacts: metadata.contacts.clone(),
            default_max_age: metadata.default_max_age,
            require_auth_time: metadata.require_auth_time,
            default_acr_values: metadata.default_acr_values.clone(),
            subject_type: match metadata.subject_type {
                SubjectType::Public => "public".to_owned(),
                SubjectType::Pairwise => "pairwise".to_owned(),
            },
            jwks: metadata
                .jwks
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok()),
        }
    }

    /// What was there, with this over it.
    pub(super) fn over(&self, current: Option<&ClientMetadata>) -> Result<ClientMetadata, Refusal> {
        let text = |name: &'static str, text: &Option<String>| {
            text.as_deref().map(|text| bounded(name, text)).transpose()
        };
        Ok(ClientMetadata {
            client_uri: text("client_uri", &self.client_uri)?,
            logo_uri: text("logo_uri", &self.logo_uri)?,
            tos_uri: text("tos_uri", &self.tos_uri)?,
            policy_uri: text("policy_uri", &self.policy_uri)?,
            jwks_uri: text("jwks_uri", &self.jwks_uri)?,
            software_id: text("software_id", &self.software_id)?,
            software_version: text("software_version", &self.software_version)?,
            software_statement: self
                .software_statement
                .as_deref()
                .map(statement)
                .transpose()?,
            request_uris: bounded_list("request_uris", &self.request_uris)?,
            backchannel_logout_session_required: self.backchannel_logout_session_required,
            frontchannel_logout_session_required: self.frontchannel_logout_session_required,
            sector_identifier_uri: text("sector_identifier_uri", &self.sector_identifier_uri)?,
            initiate_login_uri: text("initiate_login_uri", &self.initiate_login_uri)?,
            backchannel_logout_uri: text("backchannel_logout_uri", &self.backchannel_logout_uri)?,
            frontchannel_logout_uri: text(
                "frontchannel_logout_uri",
                &self.frontchannel_logout_uri,
            )?,
            request_object_signing_alg: text(
                "request_object_signing_alg",
                &self.request_object_signing_alg,
            )?,
            token_endpoint_auth_signing_alg: text(
                "token_endpoint_auth_signing_alg",
                &self.token_endpoint_auth_signing_alg,
            )?,
            contacts: bounded_list("contacts", &self.contacts)?,
            default_max_age: self.default_max_age,
            require_auth_time: self.require_auth_time,
            default_acr_values: bounded_list("default_acr_values", &self.default_acr_values)?,
            subject_type: match self.subject_type.as_str() {
                "public" => SubjectType::Public,
                _ => return Err(Refusal::field("subject_type", "use one of: public")),
            },
            jwks: self.jwks.as_ref().map(jwks).transpose()?,
            // What cannot be written here stays as it is.
            ..current.cloned().unwrap_or_default()
        })
    }
}

/// A text of 1 to 2,000 characters without control characters.
pub(super) fn bounded(name: &str, text: &str) -> Result<String, Refusal> {
    if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(Refusal::field(
            name.to_owned(),
            "use 1 to 2,000 bytes without control characters",
        ));
    }
    Ok(text.to_owned())
}

/// At most 100 such texts.
pub(super) fn bounded_list(name: &str, texts: &[String]) -> Result<Vec<String>, Refusal> {
    if texts.len() > MOST {
        return Err(Refusal::field(name.to_owned(), "at most 100 are allowed"));
    }
    texts.iter().map(|text| bounded(name, text)).collect()
}

/// A compact JWS by its looks: three parts of base64url.
fn statement(text: &str) -> Result<String, Refusal> {
    let is_part = |part: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !part.is_empty() && part.bytes().all(known)
    };
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != 3 || text.len() > LONGEST_STATEMENT || !parts.into_iter().all(is_part) {
        return Err(Refusal::field(
            "software_statement",
            "use a signed JWT in compact form of at most 16 KiB",
        ));
    }
    Ok(text.to_owned())
}

/// Registered fields that would promise what does not happen: nothing is encrypted for a client
/// here, and no encrypted request is read.
const UNKEPT: [&str; 6] = [
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
];

/// Refuses a promise that would not hold, and says so.
pub(super) fn refuse_unkept(members: &Map<String, Value>) -> Result<(), Refusal> {
    let asked = |name: &&&str| members.get(**name).is_some_and(|value| !value.is_null());
    match UNKEPT.iter().find(asked) {
        None => Ok(()),
        Some(name) => Err(Refusal::field(
            *name,
            "nothing is encrypted for clients or by them here; leave this out",
        )),
    }
}

fn jwks(document: &Value) -> Result<String, Refusal> {
    let text = document.to_string();
    let is_set = document.get("keys").is_some_and(Value::is_array);
    if !is_set || text.len() > LONGEST_JWKS {
        return Err(Refusal::field(
            "jwks",
            "use a JWK set (RFC 7517 §5) of at most 64 KiB",
        ));
    }
    Ok(text)
}
