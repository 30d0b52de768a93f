//! What all algorithms share: a held key, and the compact serialization around its signature
//! (RFC 7515 §7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::{KeyAlgorithm, KeyId};
use gatelodge_ports::key_factory::TokenType;
use gatelodge_ports::{Signer, SignerError, Verifier};
use openssl::error::ErrorStack;

use super::failed;

/// A parsed private key.
pub(super) trait PrivateKey: Send + Sync {
    /// What it signs with.
    const ALGORITHM: KeyAlgorithm;
    /// The signature as a JWS carries it.
    type Signature: AsRef<[u8]>;
    /// How many bytes a signature has.
    fn signature_length(&self) -> usize;
    /// Signs.
    fn sign(&self, signing_input: &[u8]) -> Result<Self::Signature, ErrorStack>;
}

/// A parsed public key.
pub(super) trait PublicKey: Send + Sync {
    /// What it verifies.
    const ALGORITHM: KeyAlgorithm;
    /// Whether the signature is of this key; an error of OpenSSL counts as a no.
    fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> Result<bool, ErrorStack>;
}

/// A private key with its protected headers, encoded once for each type of token.
pub(super) struct HeldSigner<K> {
    key_id: KeyId,
    /// In the order of [`TokenType::ALL`]; each with the dot that follows it.
    headers: [String; 3],
    key: K,
}

impl<K: PrivateKey> HeldSigner<K> {
    pub(super) fn new(key_id: &KeyId, key: K) -> Self {
        let headers = TokenType::ALL.map(|typ| header(K::ALGORITHM, key_id, typ));
        Self {
            key_id: key_id.clone(),
            headers,
            key,
        }
    }

    fn header(&self, typ: TokenType) -> &str {
        let [jwt, access_token, logout_token] = &self.headers;
        match typ {
            TokenType::Jwt => jwt,
            TokenType::AccessToken => access_token,
            TokenType::LogoutToken => logout_token,
        }
    }
}

fn header(algorithm: KeyAlgorithm, key_id: &KeyId, typ: TokenType) -> String {
    let header = serde_json::json!({
        "alg": algorithm.as_str(),
        "kid": key_id.as_str(),
        "typ": typ.as_str(),
    });
    let mut encoded = URL_SAFE_NO_PAD.encode(header.to_string());
    encoded.push('.');
    encoded
}

impl<K: PrivateKey> Signer for HeldSigner<K> {
    fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    fn algorithm(&self) -> KeyAlgorithm {
        K::ALGORITHM
    }

    fn sign(&self, typ: TokenType, payload: &[u8]) -> Result<String, SignerError> {
        let header = self.header(typ);
        let length =
            header.len() + encoded(payload.len()) + 1 + encoded(self.key.signature_length());
        let mut token = String::with_capacity(length);
        token.push_str(header);
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.key.sign(token.as_bytes()).map_err(failed)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// The length of that many bytes in base64 without padding.
const fn encoded(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// A public key.
pub(super) struct HeldVerifier<K> {
    key_id: KeyId,
    key: K,
}

impl<K: PublicKey> HeldVerifier<K> {
    pub(super) fn new(key_id: &KeyId, key: K) -> Self {
        Self {
            key_id: key_id.clone(),
            key,
        }
    }
}

impl<K: PublicKey> Verifier for HeldVerifier<K> {
    fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    fn algorithm(&self) -> KeyAlgorithm {
        K::ALGORITHM
    }

    fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(signing_input, signature).unwrap_or(false)
    }
}
