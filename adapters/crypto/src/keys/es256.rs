//! ES256: ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
//!
//! A JWS carries `r` and `s` as 32 bytes each, one after the other. OpenSSL's usual interface
//! writes DER of varying length; `EcdsaSig` has the two numbers themselves, so that nothing
//! is encoded only to be decoded again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::KeyAlgorithm;
use gatelodge_domain::jwk::PublicJwk;
use gatelodge_ports::SignerError;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcKeyRef};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::sha::sha256;

use super::held::{PrivateKey, PublicKey};
use super::{bad_key, decoded, of_another_kind};

const CURVE: Nid = Nid::X9_62_PRIME256V1;
const NUMBER: usize = 32;

pub(super) struct Es256Private(EcKey<Private>);

impl Es256Private {
    /// Takes a key on P-256 and no other curve.
    pub(super) fn new(key: &PKeyRef<Private>) -> Result<Self, SignerError> {
        let key = key.ec_key().map_err(|_| of_another_kind(Self::ALGORITHM))?;
        if key.group().curve_name() == Some(CURVE) {
            Ok(Self(key))
        } else {
            Err(of_another_kind(Self::ALGORITHM))
        }
    }
}

impl PrivateKey for Es256Private {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::Es256;
    type Signature = [u8; 2 * NUMBER];

    fn signature_length(&self) -> usize {
        2 * NUMBER
    }

    fn sign(&self, signing_input: &[u8]) -> Result<Self::Signature, ErrorStack> {
        let signature = EcdsaSig::sign(&sha256(signing_input), &self.0)?;
        let mut bytes = [0; 2 * NUMBER];
        let (r, s) = bytes.split_at_mut(NUMBER);
        // Both are below the order of the group, so 32 bytes hold them.
        r.copy_from_slice(&signature.r().to_vec_padded(32)?);
        s.copy_from_slice(&signature.s().to_vec_padded(32)?);
        Ok(bytes)
    }
}

pub(super) struct Es256Public(EcKey<Public>);

impl Es256Public {
    /// Takes the coordinates of a JWK: 32 bytes each (RFC 7518 §6.2.1.2), on the curve.
    pub(super) fn new(x: &str, y: &str) -> Result<Self, SignerError> {
        let (x, y) = (decoded(x)?, decoded(y)?);
        if (x.len(), y.len()) != (NUMBER, NUMBER) {
            return Err(SignerError::BadKey(format!(
                "a P-256 coordinate has {NUMBER} bytes"
            )));
        }
        let on_curve = || {
            let group = EcGroup::from_curve_name(CURVE)?;
            let (x, y) = (BigNum::from_slice(&x)?, BigNum::from_slice(&y)?);
            EcKey::from_public_key_affine_coordinates(&group, &x, &y)
        };
        on_curve().map(Self).map_err(bad_key)
    }
}

impl PublicKey for Es256Public {
    const ALGORITHM: KeyAlgorithm = KeyAlgorithm::Es256;

    fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        if signature.len() != 2 * NUMBER {
            return Ok(false);
        }
        let (r, s) = signature.split_at(NUMBER);
        let (r, s) = (BigNum::from_slice(r)?, BigNum::from_slice(s)?);
        // Zero and numbers past the order are refused by OpenSSL (FIPS 186-5 §6.4.2).
        EcdsaSig::from_private_components(r, s)?.verify(&sha256(signing_input), &self.0)
    }
}

pub(super) fn generate() -> Result<(PKey<Private>, PublicJwk), ErrorStack> {
    let key = EcKey::generate(&*EcGroup::from_curve_name(CURVE)?)?;
    let public = public(&key)?;
    Ok((PKey::from_ec_key(key)?, public))
}

/// The public half, by its coordinates.
pub(super) fn public(key: &EcKeyRef<Private>) -> Result<PublicJwk, ErrorStack> {
    let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
    let mut context = BigNumContext::new()?;
    key.public_key()
        .affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
    let member = |number: &BigNum| Ok(URL_SAFE_NO_PAD.encode(number.to_vec_padded(32)?));
    Ok(PublicJwk::P256 {
        x: member(&x)?,
        y: member(&y)?,
    })
}
