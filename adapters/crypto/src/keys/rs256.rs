//! RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3, RFC 8017 §8.2).

use gatelodge_domain::KeyAlgorithm;
use gatelodge_ports::SignerError;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private, Public};
use openssl::sign::{Signer, Verifier};

use super::held::{PrivateKey, PublicKey};
use super::rsa;

pub(super) struct Rs256Private(PKey<Private>);

impl Rs256Private {
    /// Takes an RSA key of at least 2048 bits.
    pub(super) fn new(key: PKey<Private>) -> Result<Self, SignerError> {
        rsa::private(key, Self::ALGORITHM).map(Self)
    }
}

impl PrivateKey for Rs256Private {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::Rs256;
    type Signature = Vec<u8>;

    fn signature_length(&self) -> usize {
        self.0.size()
    }

    fn sign(&self, signing_input: &[u8]) -> Result<Self::Signature, ErrorStack> {
        // PKCS #1 v1.5 is OpenSSL's padding unless another is set.
        Signer::new(MessageDigest::sha256(), &self.0)?.sign_oneshot_to_vec(signing_input)
    }
}

pub(super) struct Rs256Public(PKey<Public>);

impl Rs256Public {
    /// Takes the members of a JWK.
    pub(super) fn new(n: &str, e: &str) -> Result<Self, SignerError> {
        rsa::public(n, e).map(Self)
    }
}

impl PublicKey for Rs256Public {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::Rs256;

    fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        Verifier::new(MessageDigest::sha256(), &self.0)?.verify_oneshot(signature, signing_input)
    }
}
