//! Signing keys in OpenSSL's hands: parsed once, then held by `Signer` and `Verifier` objects.
//!
//! One file per algorithm of RFC 7518 §3.1 and RFC 8037 §3.1. A key is bound to one
//! algorithm when it is loaded, so what a token's header says cannot choose another
//! (RFC 8725 §3.1).

mod eddsa;
mod es256;
mod held;
mod import;
mod ps256;
mod rs256;
mod rsa;

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::jwk::PublicJwk;
use gatelodge_domain::{KeyAlgorithm, KeyId, SecretBytes, SecretText};
use gatelodge_ports::key_factory::GeneratedKey;
use gatelodge_ports::{KeyFactory, Signer, SignerError, Verifier};
use openssl::pkey::{PKey, Private};

use self::eddsa::{EdDsaPrivate, EdDsaPublic};
use self::es256::{Es256Private, Es256Public};
use self::held::{HeldSigner, HeldVerifier};
use self::ps256::{Ps256Private, Ps256Public};
use self::rs256::{Rs256Private, Rs256Public};

/// Makes and loads keys with OpenSSL.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpensslKeyFactory;

#[async_trait]
impl KeyFactory for OpensslKeyFactory {
    async fn generate(&self, algorithm: KeyAlgorithm) -> Result<GeneratedKey, SignerError> {
        // RSA takes up to a second; the quick ones go the same way, so that there is one.
        tokio::task::spawn_blocking(move || generate(algorithm))
            .await
            .map_err(|error| SignerError::Failed(error.to_string()))?
    }

    async fn import(
        &self,
        algorithm: KeyAlgorithm,
        pem: SecretText,
    ) -> Result<GeneratedKey, SignerError> {
        // Looking at the primes of a large key takes a while.
        tokio::task::spawn_blocking(move || import::import(algorithm, &pem))
            .await
            .map_err(|error| SignerError::Failed(error.to_string()))?
    }

    fn signer(
        &self,
        key_id: &KeyId,
        algorithm: KeyAlgorithm,
        private: &SecretBytes,
    ) -> Result<Arc<dyn Signer>, SignerError> {
        let key = PKey::private_key_from_pkcs8(private.expose()).map_err(bad_key)?;
        Ok(match algorithm {
            KeyAlgorithm::Es256 => Arc::new(HeldSigner::new(key_id, Es256Private::new(&key)?)),
            KeyAlgorithm::EdDsa => Arc::new(HeldSigner::new(key_id, EdDsaPrivate::new(key)?)),
            KeyAlgorithm::Rs256 => Arc::new(HeldSigner::new(key_id, Rs256Private::new(key)?)),
            KeyAlgorithm::Ps256 => Arc::new(HeldSigner::new(key_id, Ps256Private::new(key)?)),
        })
    }

    fn verifier(
        &self,
        key_id: &KeyId,
        algorithm: KeyAlgorithm,
        public: &PublicJwk,
    ) -> Result<Arc<dyn Verifier>, SignerError> {
        Ok(match (algorithm, public) {
            (KeyAlgorithm::Es256, PublicJwk::P256 { x, y }) => {
                Arc::new(HeldVerifier::new(key_id, Es256Public::new(x, y)?))
            }
            (KeyAlgorithm::EdDsa, PublicJwk::Ed25519 { x }) => {
                Arc::new(HeldVerifier::new(key_id, EdDsaPublic::new(x)?))
            }
            (KeyAlgorithm::Rs256, PublicJwk::Rsa { n, e }) => {
                Arc::new(HeldVerifier::new(key_id, Rs256Public::new(n, e)?))
            }
            (KeyAlgorithm::Ps256, PublicJwk::Rsa { n, e }) => {
                Arc::new(HeldVerifier::new(key_id, Ps256Public::new(n, e)?))
            }
            (
                KeyAlgorithm::Es256
                | KeyAlgorithm::EdDsa
                | KeyAlgorithm::Rs256
                | KeyAlgorithm::Ps256,
                _,
            ) => return Err(of_another_kind(algorithm)),
        })
    }
}

fn generate(algorithm: KeyAlgorithm) -> Result<GeneratedKey, SignerError> {
    let (key, public): (PKey<Private>, PublicJwk) = match algorithm {
        KeyAlgorithm::Es256 => es256::generate(),
        KeyAlgorithm::EdDsa => eddsa::generate(),
        KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => rsa::generate(),
    }
    .map_err(failed)?;
    pair(&key, public)
}

/// The pair as it is stored.
fn pair(key: &PKey<Private>, public: PublicJwk) -> Result<GeneratedKey, SignerError> {
    let private = SecretBytes::new(key.private_key_to_pkcs8().map_err(failed)?);
    let key_id = KeyId(URL_SAFE_NO_PAD.encode(public.thumbprint().as_bytes()));
    Ok(GeneratedKey {
        private,
        public,
        key_id,
    })
}

/// A member of a JWK as bytes (RFC 7518 §2, `BASE64URL` without padding).
fn decoded(member: &str) -> Result<Vec<u8>, SignerError> {
    URL_SAFE_NO_PAD
        .decode(member)
        .map_err(|_| SignerError::BadKey("a member of the JWK is not base64url".to_owned()))
}

fn of_another_kind(algorithm: KeyAlgorithm) -> SignerError {
    SignerError::BadKey(format!("it is not a key for {}", algorithm.as_str()))
}

fn bad_key(error: impl core::fmt::Display) -> SignerError {
    SignerError::BadKey(error.to_string())
}

fn failed(error: impl core::fmt::Display) -> SignerError {
    SignerError::Failed(error.to_string())
}

#[cfg(test)]
mod tests;
