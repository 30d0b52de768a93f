//! Private keys from elsewhere: one unencrypted PKCS #8 key as PEM (RFC 5208, RFC 7468 §10).
//!
//! A key that somebody else made is held to more than one of ours: OpenSSL looks whether its
//! parts belong together, and the modulus of an RSA key is bounded above as well, because every
//! token pays for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::jwk::PublicJwk;
use gatelodge_domain::{KeyAlgorithm, SecretText};
use gatelodge_ports::SignerError;
use gatelodge_ports::key_factory::GeneratedKey;
use openssl::pkey::{Id, PKey, PKeyRef, Private};

use super::{bad_key, es256, failed, of_another_kind, pair, rsa};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
/// No key that is taken is longer.
const LONGEST: usize = 16_384;
/// A signature with a larger RSA key costs more than ten of the usual ones.
const MOST_RSA_BITS: u32 = 4096;

/// Reads and checks a key.
pub(super) fn import(
    algorithm: KeyAlgorithm,
    pem: &SecretText,
) -> Result<GeneratedKey, SignerError> {
    let text = pem.expose().trim();
    if !text.starts_with(BEGIN) || text.len() > LONGEST {
        return Err(refused(
            "send one PKCS #8 key as PEM without a passphrase; \
             `openssl pkcs8 -topk8 -nocrypt -in KEY` makes one",
        ));
    }
    // Whatever is encrypted in spite of its name is not asked a passphrase for.
    let key = PKey::private_key_from_pem_callback(text.as_bytes(), |_| Ok(0))
        .map_err(|_| refused("it cannot be read as a private key"))?;
    let public = match algorithm {
        KeyAlgorithm::Es256 => ec(&key)?,
        KeyAlgorithm::EdDsa => ed25519(&key)?,
        KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => rsa_key(&key, algorithm)?,
    };
    pair(&key, public)
}

fn ec(key: &PKeyRef<Private>) -> Result<PublicJwk, SignerError> {
    es256::Es256Private::new(key)?;
    let key = key.ec_key().map_err(bad_key)?;
    key.check_key().map_err(|_| not_whole())?;
    es256::public(&key).map_err(failed)
}

fn ed25519(key: &PKeyRef<Private>) -> Result<PublicJwk, SignerError> {
    if key.id() != Id::ED25519 {
        return Err(of_another_kind(KeyAlgorithm::EdDsa));
    }
    let x = URL_SAFE_NO_PAD.encode(key.raw_public_key().map_err(failed)?);
    Ok(PublicJwk::Ed25519 { x })
}

fn rsa_key(key: &PKeyRef<Private>, algorithm: KeyAlgorithm) -> Result<PublicJwk, SignerError> {
    let key = rsa::private(key.to_owned(), algorithm)?;
    if key.bits() > MOST_RSA_BITS {
        return Err(SignerError::BadKey(format!(
            "an RSA key from elsewhere has at most {MOST_RSA_BITS} bits, not {}",
            key.bits()
        )));
    }
    let parts = key.rsa().map_err(bad_key)?;
    if !parts.check_key().unwrap_or(false) {
        return Err(not_whole());
    }
    let n = URL_SAFE_NO_PAD.encode(parts.n().to_vec());
    let e = URL_SAFE_NO_PAD.encode(parts.e().to_vec());
    // As whoever verifies will read it.
    rsa::public(&n, &e)?;
    Ok(PublicJwk::Rsa { n, e })
}

fn not_whole() -> SignerError {
    refused("its parts do not belong together")
}

fn refused(why: &str) -> SignerError {
    SignerError::BadKey(why.to_owned())
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::KeyId;
    use gatelodge_ports::KeyFactory as _;
    use gatelodge_ports::key_factory::TokenType;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;
    use openssl::rsa::Rsa;
    use openssl::symm::Cipher;

    use super::*;
    use crate::OpensslKeyFactory;

    fn pem(key: &PKey<Private>) -> SecretText {
        SecretText::new(String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap())
    }

    fn p256(curve: Nid) -> PKey<Private> {
        let group = EcGroup::from_curve_name(curve).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    }

    fn rsa_of(bits: u32) -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
    }

    fn why(algorithm: KeyAlgorithm, text: &SecretText) -> String {
        match import(algorithm, text) {
            Err(SignerError::BadKey(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_key_signs_what_its_public_half_verifies() {
        let keys = [
            (KeyAlgorithm::Es256, p256(Nid::X9_62_PRIME256V1)),
            (KeyAlgorithm::EdDsa, PKey::generate_ed25519().unwrap()),
            (KeyAlgorithm::Rs256, rsa_of(2048)),
            (KeyAlgorithm::Ps256, rsa_of(2048)),
        ];
        for (algorithm, key) in keys {
            let made = import(algorithm, &pem(&key)).unwrap();
            let factory = OpensslKeyFactory;
            let id = KeyId(made.key_id.as_str().to_owned());
            let signer = factory.signer(&id, algorithm, &made.private).unwrap();
            let verifier = factory.verifier(&id, algorithm, &made.public).unwrap();
            let token = signer.sign(TokenType::Jwt, b"{}").unwrap();
            let (input, signature) = token.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            assert!(verifier.verifies(input.as_bytes(), &signature));
        }
    }

    #[test]
    fn a_weak_foreign_or_locked_key_is_refused() {
        let algorithm = KeyAlgorithm::Es256;
        assert!(why(algorithm, &pem(&p256(Nid::SECP384R1))).contains("ES256"));
        assert!(why(algorithm, &pem(&rsa_of(2048))).contains("ES256"));
        assert!(why(KeyAlgorithm::EdDsa, &pem(&rsa_of(2048))).contains("EdDSA"));
        assert!(why(KeyAlgorithm::Rs256, &pem(&rsa_of(1024))).contains("2048"));
        assert!(why(KeyAlgorithm::Rs256, &pem(&p256(Nid::X9_62_PRIME256V1))).contains("RS256"));
        let locked = p256(Nid::X9_62_PRIME256V1)
            .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret")
            .unwrap();
        let locked = SecretText::new(String::from_utf8(locked).unwrap());
        assert!(why(algorithm, &locked).contains("PKCS #8"));
        for text in ["", "nonsense", BEGIN] {
            let _ = why(algorithm, &SecretText::new(text.to_owned()));
        }
    }

    #[test]
    fn an_rsa_key_whose_parts_do_not_belong_together_is_refused() {
        let (one, other) = (Rsa::generate(2048).unwrap(), Rsa::generate(2048).unwrap());
        let number = |number: &openssl::bn::BigNumRef| number.to_owned().unwrap();
        let mixed = Rsa::from_private_components(
            number(one.n()),
            number(one.e()),
            number(other.d()),
            number(one.p().unwrap()),
            number(one.q().unwrap()),
            number(one.dmp1().unwrap()),
            number(one.dmq1().unwrap()),
            number(one.iqmp().unwrap()),
        )
        .unwrap();
        let text = pem(&PKey::from_rsa(mixed).unwrap());
        assert!(why(KeyAlgorithm::Rs256, &text).contains("belong together"));
    }
}
