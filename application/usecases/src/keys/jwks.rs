//! The JWKS document (RFC 7517 §5), its bytes made once per change.

use gatelodge_domain::{Digest, SigningKey};
use serde_json::{Map, Value, json};

/// How long others may keep the document; a `next` key is announced at least that long before
/// its first signature.
pub const JWKS_MAX_AGE: core::time::Duration = core::time::Duration::from_mins(5);

/// The published keys of a realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksDocument {
    /// JSON.
    pub bytes: Vec<u8>,
    /// A strong entity tag, with its quotes (RFC 9110 §8.8.3).
    pub etag: String,
}

impl JwksDocument {
    /// The document of these keys, in their order.
    pub fn of<'a>(keys: impl Iterator<Item = &'a SigningKey>) -> Self {
        let keys: Vec<Value> = keys.filter(|key| key.is_published()).map(jwk).collect();
        let bytes = json!({ "keys": keys }).to_string().into_bytes();
        let digest = Digest::sha256(&bytes);
        let etag = format!(
            "\"{}\"",
            gatelodge_domain::id::base32(&digest.as_bytes()[..10])
        );
        Self { bytes, etag }
    }
}

fn jwk(key: &SigningKey) -> Value {
    let mut members = Map::new();
    for (name, value) in key.public.members() {
        members.insert(name.to_owned(), value.into());
    }
    members.insert("kid".to_owned(), key.key_id.as_str().into());
    members.insert("alg".to_owned(), key.algorithm.as_str().into());
    members.insert("use".to_owned(), "sig".into());
    Value::Object(members)
}
