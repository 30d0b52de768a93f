//! PS256: RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt as long as the digest
//! (RFC 7518 §3.5, RFC 8017 §8.1).

use gatelodge_domain::KeyAlgorithm;
use gatelodge_ports::SignerError;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};

use super::held::{PrivateKey, PublicKey};
use super::rsa;

pub(super) struct Ps256Private(PKey<Private>);

impl Ps256Private {
    /// Takes an RSA key of at least 2048 bits.
    pub(super) fn new(key: PKey<Private>) -> Result<Self, SignerError> {
        rsa::private(key, Self::ALGORITHM).map(Self)
    }
}

impl PrivateKey for Ps256Private {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::Ps256;
    type Signature = Vec<u8>;

    fn signature_length(&self) -> usize {
        self.0.size()
    }

    fn sign(&self, signing_input: &[u8]) -> Result<Self::Signature, ErrorStack> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.0)?;
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        signer.set_rsa_mgf1_md(MessageDigest::sha256())?;
        signer.sign_oneshot_to_vec(signing_input)
    }
}

pub(super) struct Ps256Public(PKey<Public>);

impl Ps256Public {
    /// Takes the members of a JWK.
    pub(super) fn new(n: &str, e: &str) -> Result<Self, SignerError> {
        rsa::public(n, e).map(Self)
    }
}

impl PublicKey for Ps256Public {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::Ps256;

    fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        let mut verifier = Verifier::new(MessageDigest::sha256(), &self.0)?;
        verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        verifier.set_rsa_mgf1_md(MessageDigest::sha256())?;
        verifier.verify_oneshot(signature, signing_input)
    }
}
