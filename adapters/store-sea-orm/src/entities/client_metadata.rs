//! The cell `metadata` of table `clients`: registered fields that are kept and told, by the
//! names that RFC 7591 §2 and its relatives give them, in one JSON object. What was not
//! registered is left out.

use gatelodge_domain::client::{ClientMetadata, SubjectType};
use serde::{Deserialize, Serialize};

macro_rules! stored_metadata {
    ($($field:ident: $type:ty,)+) => {
        /// [`ClientMetadata`] as the cell holds it.
        #[derive(Serialize, Deserialize)]
        pub(crate) struct StoredMetadata {
            #[serde(default, skip_serializing_if = "is_default")]
            subject_type: StoredSubjectType,
            $(#[serde(default, skip_serializing_if = "is_default")] $field: $type,)+
        }

        impl From<&ClientMetadata> for StoredMetadata {
            fn from(metadata: &ClientMetadata) -> Self {
                Self {
                    subject_type: metadata.subject_type.into(),
                    $($field: metadata.$field.clone(),)+
                }
            }
        }

        impl From<StoredMetadata> for ClientMetadata {
            fn from(stored: StoredMetadata) -> Self {
                Self { subject_type: stored.subject_type.into(), $($field: stored.$field,)+ }
            }
        }
    };
}

stored_metadata! {
    client_uri: Option<String>,
    logo_uri: Option<String>,
    tos_uri: Option<String>,
    policy_uri: Option<String>,
    contacts: Vec<String>,
    jwks_uri: Option<String>,
    jwks: Option<String>,
    software_id: Option<String>,
    software_version: Option<String>,
    software_statement: Option<String>,
    sector_identifier_uri: Option<String>,
    id_token_encrypted_response_alg: Option<String>,
    id_token_encrypted_response_enc: Option<String>,
    userinfo_encrypted_response_alg: Option<String>,
    userinfo_encrypted_response_enc: Option<String>,
    request_object_signing_alg: Option<String>,
    request_object_encryption_alg: Option<String>,
    request_object_encryption_enc: Option<String>,
    token_endpoint_auth_signing_alg: Option<String>,
    default_max_age: Option<u32>,
    require_auth_time: Option<bool>,
    default_acr_values: Vec<String>,
    initiate_login_uri: Option<String>,
    request_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
    backchannel_logout_session_required: Option<bool>,
    frontchannel_logout_uri: Option<String>,
    frontchannel_logout_session_required: Option<bool>,
}

/// `subject_type` by its registered values.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoredSubjectType {
    #[default]
    Public,
    Pairwise,
}

impl From<SubjectType> for StoredSubjectType {
    fn from(kind: SubjectType) -> Self {
        match kind {
            SubjectType::Public => Self::Public,
            SubjectType::Pairwise => Self::Pairwise,
        }
    }
}

impl From<StoredSubjectType> for SubjectType {
    fn from(kind: StoredSubjectType) -> Self {
        match kind {
            StoredSubjectType::Public => Self::Public,
            StoredSubjectType::Pairwise => Self::Pairwise,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_survives_its_cell_and_absent_fields_take_no_room() {
        let empty = ClientMetadata::default();
        assert_eq!(
            serde_json::to_string(&StoredMetadata::from(&empty)).unwrap(),
            "{}"
        );
        let full = ClientMetadata {
            client_uri: Some("https://app.example/".to_owned()),
            contacts: vec!["ops@app.example".to_owned()],
            subject_type: SubjectType::Pairwise,
            default_max_age: Some(0),
            require_auth_time: Some(false),
            ..empty
        };
        let text = serde_json::to_string(&StoredMetadata::from(&full)).unwrap();
        let back: StoredMetadata = serde_json::from_str(&text).unwrap();
        assert_eq!(ClientMetadata::from(back), full);
    }
}
