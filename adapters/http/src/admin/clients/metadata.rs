//! Registered fields that are kept and told: plain text and lists, with bounds.

use gatelodge_domain::client::{ClientMetadata, SubjectType};
use gatelodge_usecases::admin::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::registration::ClientBody;

const LONGEST: usize = 2_000;
const MOST: usize = 100;
const LONGEST_JWKS: usize = 65_536;

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Optional texts of a registration (RFC 7591 §2, OpenID Connect Dynamic Client
        /// Registration 1.0 §2).
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct MetadataTexts {
            $($(#[doc = $doc])+ #[serde(skip_serializing_if = "Option::is_none")] pub(crate) $name: Option<String>,)+
        }

        impl MetadataTexts {
            pub(super) fn of(metadata: &ClientMetadata) -> Self {
                Self { $($name: metadata.$name.clone(),)+ }
            }

            /// Writes them into the metadata, within bounds.
            pub(super) fn put(&self, metadata: &mut ClientMetadata) -> Result<(), Refusal> {
                $(
                    let place = concat!("metadata.", stringify!($name));
                    metadata.$name = self.$name.as_deref().map(|text| bounded(place, text)).transpose()?;
                )+
                Ok(())
            }
        }
    };
}

texts! {
    /// A page about the client.
    client_uri,
    /// Its logo.
    logo_uri,
    /// Its terms of service.
    tos_uri,
    /// Its privacy policy.
    policy_uri,
    /// Where its keys are.
    jwks_uri,
    /// Names the software.
    software_id,
    /// Its version.
    software_version,
    /// Its sector, for pairwise subjects.
    sector_identifier_uri,
    /// Where a third party can begin a sign-in.
    initiate_login_uri,
    /// Where it hears of sign-outs from the server.
    backchannel_logout_uri,
    /// Where it hears of sign-outs from the browser.
    frontchannel_logout_uri,
    /// Algorithm of its request objects.
    request_object_signing_alg,
    /// Algorithm of its assertions.
    token_endpoint_auth_signing_alg,
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

/// The metadata of a registration: what was there, with what the body says over it.
pub(super) fn metadata(
    body: &ClientBody,
    current: Option<&ClientMetadata>,
) -> Result<ClientMetadata, Refusal> {
    let mut metadata = current.cloned().unwrap_or_default();
    body.metadata.put(&mut metadata)?;
    metadata.contacts = bounded_list("contacts", &body.contacts)?;
    metadata.default_acr_values = bounded_list("default_acr_values", &body.default_acr_values)?;
    metadata.jwks = body.jwks.as_ref().map(jwks).transpose()?;
    metadata.default_max_age = body.default_max_age;
    metadata.require_auth_time = body.require_auth_time;
    metadata.subject_type = match body.subject_type.as_str() {
        "public" => SubjectType::Public,
        _ => return Err(Refusal::field("subject_type", "use one of: public")),
    };
    Ok(metadata)
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
