//! What RS256 and PS256 share: the keys and their bounds (RFC 7518 §3.3 and §3.5, §6.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::KeyAlgorithm;
use gatelodge_domain::jwk::PublicJwk;
use gatelodge_ports::SignerError;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;

use super::{bad_key, decoded, of_another_kind};

/// What we make. RFC 7518 asks for at least as much of every key.
const BITS: u32 = 2048;
/// A larger modulus is refused: somebody else's key must not cost us seconds.
const MOST_BITS: u32 = 8192;
const MOST_EXPONENT_BITS: i32 = 64;

/// Accepts a private key of that algorithm.
pub(super) fn private(
    key: PKey<Private>,
    algorithm: KeyAlgorithm,
) -> Result<PKey<Private>, SignerError> {
    if key.id() != Id::RSA {
        return Err(of_another_kind(algorithm));
    }
    check_size(&key)?;
    Ok(key)
}

/// Makes a public key of a JWK's members.
pub(super) fn public(n: &str, e: &str) -> Result<PKey<Public>, SignerError> {
    let (n, e) = (decoded(n)?, decoded(e)?);
    let (n, e) = (
        BigNum::from_slice(&n).map_err(bad_key)?,
        BigNum::from_slice(&e).map_err(bad_key)?,
    );
    // With the exponent 1 everybody could sign.
    if !e.is_bit_set(0) || !(2..=MOST_EXPONENT_BITS).contains(&e.num_bits()) {
        return Err(SignerError::BadKey(
            "the RSA exponent is unusual".to_owned(),
        ));
    }
    let key = Rsa::from_public_components(n, e)
        .and_then(PKey::from_rsa)
        .map_err(bad_key)?;
    check_size(&key)?;
    Ok(key)
}

fn check_size<T: HasPublic>(key: &PKeyRef<T>) -> Result<(), SignerError> {
    if (BITS..=MOST_BITS).contains(&key.bits()) {
        Ok(())
    } else {
        let bits = key.bits();
        Err(SignerError::BadKey(format!(
            "an RSA key has {BITS} to {MOST_BITS} bits, not {bits}"
        )))
    }
}

pub(super) fn generate() -> Result<(PKey<Private>, PublicJwk), ErrorStack> {
    let key = Rsa::generate(BITS)?;
    let public = PublicJwk::Rsa {
        n: URL_SAFE_NO_PAD.encode(key.n().to_vec()),
        e: URL_SAFE_NO_PAD.encode(key.e().to_vec()),
    };
    Ok((PKey::from_rsa(key)?, public))
}
