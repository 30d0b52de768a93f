//! Signing and verifying with keys that are parsed once and held.

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::jwk::PublicJwk;
use gatelodge_domain::{KeyAlgorithm, KeyId, SecretBytes, SecretText};

/// The `typ` of a JWS (RFC 7515 §4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenType {
    /// `JWT`: ID tokens and signed userinfo.
    Jwt,
    /// `at+jwt`: access tokens (RFC 9068 §2.1).
    AccessToken,
    /// `logout+jwt`: logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4).
    LogoutToken,
}

impl TokenType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Jwt, Self::AccessToken, Self::LogoutToken];

    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AccessToken => "at+jwt",
            Self::LogoutToken => "logout+jwt",
        }
    }
}

/// Signs with one held private key. Calls are synchronous and take microseconds (RSA: about
/// a millisecond), so they belong outside of any unit of work.
pub trait Signer: Send + Sync {
    /// The key's `kid`.
    fn key_id(&self) -> &KeyId;
    /// What it signs with.
    fn algorithm(&self) -> KeyAlgorithm;
    /// A compact JWS over the payload (RFC 7515 §7.1), with `alg`, `typ` and `kid` in its
    /// header, which was encoded when the key was loaded.
    fn sign(&self, typ: TokenType, payload: &[u8]) -> Result<String, SignerError>;
}

/// Verifies with one held public key.
pub trait Verifier: Send + Sync {
    /// The key's `kid`.
    fn key_id(&self) -> &KeyId;
    /// What it verifies; a token that names another `alg` is refused before this is asked.
    fn algorithm(&self) -> KeyAlgorithm;
    /// Whether the signature is of this key over `header.payload`.
    fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> bool;
}

/// Makes and loads keys.
#[async_trait]
pub trait KeyFactory: Send + Sync {
    /// A new key pair, made on a thread where it disturbs nobody.
    async fn generate(&self, algorithm: KeyAlgorithm) -> Result<GeneratedKey, SignerError>;

    /// A key pair from elsewhere: one unencrypted PKCS #8 key as PEM (RFC 7468 §10), checked to
    /// be whole, strong enough and of that algorithm. `BadKey` says what is wrong with it.
    async fn import(
        &self,
        algorithm: KeyAlgorithm,
        pem: SecretText,
    ) -> Result<GeneratedKey, SignerError> {
        let _ = (algorithm, pem);
        Err(SignerError::BadKey(
            "keys from elsewhere are not taken here".to_owned(),
        ))
    }

    /// Parses a private key (PKCS #8 DER) once.
    fn signer(
        &self,
        key_id: &KeyId,
        algorithm: KeyAlgorithm,
        private: &SecretBytes,
    ) -> Result<Arc<dyn Signer>, SignerError>;

    /// Parses a public key once.
    fn verifier(
        &self,
        key_id: &KeyId,
        algorithm: KeyAlgorithm,
        public: &PublicJwk,
    ) -> Result<Arc<dyn Verifier>, SignerError>;
}

/// A new key pair.
#[derive(Debug)]
pub struct GeneratedKey {
    /// PKCS #8 DER.
    pub private: SecretBytes,
    /// The public half.
    pub public: PublicJwk,
    /// Its thumbprint.
    pub key_id: KeyId,
}

/// Why a key could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The key does not parse or does not fit its algorithm.
    #[error("the key is not usable: {0}")]
    BadKey(String),
    /// The library refused.
    #[error("signing failed: {0}")]
    Failed(String),
}
