//! Held keys: OpenSSL's shortest ways to a signature, a verification and a MAC.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::Rsa;
use openssl::sha::{Sha256, sha256};
use openssl::sign::Signer;

const CURVE: Nid = Nid::X9_62_PRIME256V1;
const NUMBER: i32 = 32;

/// What a token is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Es256,
    Rs256,
}

impl Algorithm {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "ES256" => Some(Self::Es256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }
}

/// The keys of the reference's own.
pub(super) struct SigningKeys {
    ec: EcKey<Private>,
    rsa: PKey<Private>,
}

impl SigningKeys {
    pub(super) fn generate() -> Result<Self, ErrorStack> {
        Ok(Self {
            ec: EcKey::generate(&*EcGroup::from_curve_name(CURVE)?)?,
            rsa: PKey::from_rsa(Rsa::generate(2_048)?)?,
        })
    }

    pub(super) fn sign(&self, algorithm: Algorithm, input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        match algorithm {
            Algorithm::Es256 => {
                let signature = EcdsaSig::sign(&sha256(input), &self.ec)?;
                let mut bytes = signature.r().to_vec_padded(NUMBER)?;
                bytes.extend_from_slice(&signature.s().to_vec_padded(NUMBER)?);
                Ok(bytes)
            }
            Algorithm::Rs256 => {
                Signer::new(MessageDigest::sha256(), &self.rsa)?.sign_oneshot_to_vec(input)
            }
        }
    }
}

/// The key of the server whose tokens come in.
pub(super) struct VerifyingKey(EcKey<Public>);

impl VerifyingKey {
    /// From the coordinates of its JWK; `None` for what is no point of P-256.
    pub(super) fn new(x: &str, y: &str) -> Option<Self> {
        let number = |text: &str| BigNum::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let group = EcGroup::from_curve_name(CURVE).ok()?;
        let key = EcKey::from_public_key_affine_coordinates(&group, &*number(x)?, &*number(y)?);
        key.ok().map(Self)
    }

    /// Whether a compact JWS is signed by it with ES256.
    pub(super) fn verifies(&self, token: &str) -> bool {
        let verified = || {
            let (input, signature) = token.rsplit_once('.')?;
            let mut bytes = [0; 66];
            let length = URL_SAFE_NO_PAD
                .decode_slice(signature, &mut bytes)
                .ok()
                .filter(|length| *length == 64)?;
            let (r, s) = bytes[..length].split_at(32);
            let (r, s) = (BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?);
            let signature = EcdsaSig::from_private_components(r, s).ok()?;
            signature.verify(&sha256(input.as_bytes()), &self.0).ok()
        };
        verified().unwrap_or(false)
    }
}

/// HMAC-SHA-256 (RFC 2104 §4) with its padded key blocks absorbed.
pub(super) struct Mac {
    inner: Sha256,
    outer: Sha256,
}

impl Mac {
    pub(super) fn new(key: [u8; 32]) -> Self {
        let padded = |pad: u8| {
            let mut block = [pad; 64];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            let mut state = Sha256::new();
            state.update(&block);
            state
        };
        Self {
            inner: padded(0x36),
            outer: padded(0x5c),
        }
    }

    pub(super) fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        inner.update(message);
        let mut outer = self.outer.clone();
        outer.update(&inner.finish());
        outer.finish()
    }
}

#[cfg(test)]
mod tests {
    use openssl::bn::BigNumContext;

    use super::*;

    #[test]
    fn what_is_signed_verifies_and_what_was_changed_does_not() {
        let keys = SigningKeys::generate().unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        keys.ec
            .public_key()
            .affine_coordinates(keys.ec.group(), &mut x, &mut y, &mut context)
            .unwrap();
        let text = |number: &BigNum| URL_SAFE_NO_PAD.encode(number.to_vec_padded(NUMBER).unwrap());
        let key = VerifyingKey::new(&text(&x), &text(&y)).unwrap();
        let signature = keys.sign(Algorithm::Es256, b"header.payload").unwrap();
        let signature = URL_SAFE_NO_PAD.encode(signature);
        assert!(key.verifies(&format!("header.payload.{signature}")));
        assert!(!key.verifies(&format!("header.payloat.{signature}")));
        assert!(!key.verifies("header.payload."));
        assert_eq!(keys.sign(Algorithm::Rs256, b"x").unwrap().len(), 256);
    }

    #[test]
    fn the_mac_is_openssl_s() {
        let key = [9; 32];
        let theirs = Signer::new(MessageDigest::sha256(), &PKey::hmac(&key).unwrap())
            .unwrap()
            .sign_oneshot_to_vec(b"message")
            .unwrap();
        assert_eq!(Mac::new(key).mac(b"message")[..], theirs);
    }
}
