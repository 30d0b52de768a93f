//! EdDSA with Ed25519 (RFC 8037 §3.1, RFC 8032). Signs the input itself, without a digest
//! before it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::KeyAlgorithm;
use gatelodge_domain::jwk::PublicJwk;
use gatelodge_ports::SignerError;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private, Public};
use openssl::sign::{Signer, Verifier};

use super::held::{PrivateKey, PublicKey};
use super::{bad_key, decoded, of_another_kind};

const PUBLIC: usize = 32;
const SIGNATURE: usize = 64;

pub(super) struct EdDsaPrivate(PKey<Private>);

impl EdDsaPrivate {
    /// Takes an Ed25519 key.
    pub(super) fn new(key: PKey<Private>) -> Result<Self, SignerError> {
        if key.id() == Id::ED25519 {
            Ok(Self(key))
        } else {
            Err(of_another_kind(Self::ALGORITHM))
        }
    }
}

impl PrivateKey for EdDsaPrivate {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::EdDsa;
    type Signature = [u8; SIGNATURE];

    fn signature_length(&self) -> usize {
        SIGNATURE
    }

    fn sign(&self, signing_input: &[u8]) -> Result<Self::Signature, ErrorStack> {
        let mut signature = [0; SIGNATURE];
        Signer::new_without_digest(&self.0)?.sign_oneshot(&mut signature, signing_input)?;
        Ok(signature)
    }
}

pub(super) struct EdDsaPublic(PKey<Public>);

impl EdDsaPublic {
    /// Takes the `x` of a JWK: 32 bytes (RFC 8037 §2).
    pub(super) fn new(x: &str) -> Result<Self, SignerError> {
        let x = decoded(x)?;
        if x.len() != PUBLIC {
            return Err(SignerError::BadKey(format!(
                "an Ed25519 key has {PUBLIC} bytes"
            )));
        }
        PKey::public_key_from_raw_bytes(&x, Id::ED25519)
            .map(Self)
            .map_err(bad_key)
    }
}

impl PublicKey for EdDsaPublic {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::EdDsa;

    fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        if signature.len() != SIGNATURE {
            return Ok(false);
        }
        Verifier::new_without_digest(&self.0)?.verify_oneshot(signature, signing_input)
    }
}

pub(super) fn generate() -> Result<(PKey<Private>, PublicJwk), ErrorStack> {
    let key = PKey::generate_ed25519()?;
    let x = URL_SAFE_NO_PAD.encode(key.raw_public_key()?);
    Ok((key, PublicJwk::Ed25519 { x }))
}
