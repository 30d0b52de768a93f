//! Table `signing_keys`.

use gatelodge_domain::jwk::PublicJwk;
use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{KeyAlgorithm, KeyId, SigningKey, Timestamp};
use gatelodge_ports::StoreError;
use serde::{Deserialize, Serialize};

use super::cell;

table! {
    /// A row of `signing_keys`.
    "signing_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        key_id: String,
        algorithm: String,
        public_key: String,
        sealed_private: Vec<u8>,
        state: String,
        state_since: Option<i64>,
        state_until: Option<i64>,
        removal_reason: Option<String>,
        revision: i64,
        created_at: i64,
    }
}

/// A public key as the column holds it: the members of its JWK (RFC 7517 §4).
#[derive(Serialize, Deserialize)]
#[serde(tag = "kty")]
enum StoredJwk {
    #[serde(rename = "EC")]
    P256 { x: String, y: String },
    #[serde(rename = "OKP")]
    Ed25519 { x: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

impl From<&PublicJwk> for StoredJwk {
    fn from(key: &PublicJwk) -> Self {
        match key.clone() {
            PublicJwk::P256 { x, y } => Self::P256 { x, y },
            PublicJwk::Ed25519 { x } => Self::Ed25519 { x },
            PublicJwk::Rsa { n, e } => Self::Rsa { n, e },
        }
    }
}

impl From<StoredJwk> for PublicJwk {
    fn from(key: StoredJwk) -> Self {
        match key {
            StoredJwk::P256 { x, y } => Self::P256 { x, y },
            StoredJwk::Ed25519 { x } => Self::Ed25519 { x },
            StoredJwk::Rsa { n, e } => Self::Rsa { n, e },
        }
    }
}

impl Model {
    /// The row of a key.
    pub(crate) fn of(key: &SigningKey) -> Result<Self, StoreError> {
        let (state, since, until, reason) = match key.state {
            KeyState::Next { from } => ("next", from, None, None),
            KeyState::Active { since } => ("active", Some(since), None, None),
            KeyState::Retired { since, until } => ("retired", Some(since), Some(until), None),
            KeyState::Removed { since, reason } => ("removed", Some(since), None, Some(reason)),
        };
        Ok(Self {
            realm: cell::bytes_of(key.realm),
            id: cell::bytes_of(key.id),
            key_id: key.key_id.as_str().to_owned(),
            algorithm: key.algorithm.as_str().to_owned(),
            public_key: cell::to_json(&StoredJwk::from(&key.public))?,
            sealed_private: key.sealed_private.clone(),
            state: state.to_owned(),
            state_since: since.map(Timestamp::as_millis),
            state_until: until.map(Timestamp::as_millis),
            removal_reason: reason.map(|reason| match reason {
                RemovalReason::Expired => "expired".to_owned(),
                RemovalReason::Compromised => "compromised".to_owned(),
            }),
            revision: i64::from(key.revision.0),
            created_at: key.created_at.as_millis(),
        })
    }

    /// The key of this row.
    pub(crate) fn signing_key(self) -> Result<SigningKey, StoreError> {
        let state = match self.state.as_str() {
            "next" => KeyState::Next {
                from: cell::moment_or_none(self.state_since),
            },
            "active" => KeyState::Active {
                since: cell::moment(self.state_since)?,
            },
            "retired" => KeyState::Retired {
                since: cell::moment(self.state_since)?,
                until: cell::moment(self.state_until)?,
            },
            "removed" => KeyState::Removed {
                since: cell::moment(self.state_since)?,
                reason: match self.removal_reason.as_deref() {
                    Some("expired") => RemovalReason::Expired,
                    Some("compromised") => RemovalReason::Compromised,
                    _ => return cell::known(None, "reason of removal"),
                },
            },
            _ => return cell::known(None, "key state"),
        };
        Ok(SigningKey {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            key_id: KeyId(self.key_id),
            algorithm: cell::known(KeyAlgorithm::parse(&self.algorithm), "algorithm")?,
            public: cell::from_json::<StoredJwk>(&self.public_key)?.into(),
            sealed_private: self.sealed_private,
            state,
            revision: cell::revision(self.revision)?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
