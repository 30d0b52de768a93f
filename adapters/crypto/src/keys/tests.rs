//! Keys by published vectors, by what they refuse, and against OpenSSL's own interface.

mod confusion;
mod published;
mod refused;
mod tokens;

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::EcPoint;
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};

use super::*;

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn number(text: &str) -> BigNum {
    BigNum::from_slice(&bytes(text)).unwrap()
}

fn pkcs8(key: &PKey<Private>) -> SecretBytes {
    SecretBytes::new(key.private_key_to_pkcs8().unwrap())
}

fn key_id() -> KeyId {
    KeyId("the-key".to_owned())
}

/// The RSA key of RFC 7515 appendix A.2.1.
mod rsa_of_rfc_7515 {
    pub(super) const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    pub(super) const E: &str = "AQAB";
    pub(super) const D: &str = "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ";
    pub(super) const P: &str = "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
    pub(super) const Q: &str = "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";
}

/// The P-256 key of RFC 7515 appendix A.3.1.
mod p256_of_rfc_7515 {
    pub(super) const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    pub(super) const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    pub(super) const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
}

/// The Ed25519 key of RFC 8037 appendix A.1.
mod ed25519_of_rfc_8037 {
    pub(super) const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    pub(super) const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
}

fn rsa_private() -> PKey<Private> {
    use rsa_of_rfc_7515::{D, E, N, P, Q};
    let mut context = BigNumContext::new().unwrap();
    let (d, p, q) = (number(D), number(P), number(Q));
    let mut modulo_one_less = |prime: &BigNum| {
        let (mut one_less, mut rest) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        one_less
            .checked_sub(prime, &BigNum::from_u32(1).unwrap())
            .unwrap();
        rest.nnmod(&d, &one_less, &mut context).unwrap();
        rest
    };
    let (dp, dq) = (modulo_one_less(&p), modulo_one_less(&q));
    let mut qi = BigNum::new().unwrap();
    qi.mod_inverse(&q, &p, &mut BigNumContext::new().unwrap())
        .unwrap();
    let builder = RsaPrivateKeyBuilder::new(number(N), number(E), d).unwrap();
    let builder = builder
        .set_factors(p, q)
        .unwrap()
        .set_crt_params(dp, dq, qi)
        .unwrap();
    PKey::from_rsa(builder.build()).unwrap()
}

fn p256_private() -> PKey<Private> {
    use p256_of_rfc_7515::{D, X, Y};
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    let mut point = EcPoint::new(&group).unwrap();
    let mut context = BigNumContext::new().unwrap();
    point
        .set_affine_coordinates(&group, &number(X), &number(Y), &mut context)
        .unwrap();
    let key = openssl::ec::EcKey::from_private_components(&group, &number(D), &point).unwrap();
    key.check_key().unwrap();
    PKey::from_ec_key(key).unwrap()
}

fn ed25519_private() -> PKey<Private> {
    let d = bytes(ed25519_of_rfc_8037::D);
    PKey::private_key_from_raw_bytes(&d, openssl::pkey::Id::ED25519).unwrap()
}

fn private(algorithm: KeyAlgorithm) -> SecretBytes {
    pkcs8(&match algorithm {
        KeyAlgorithm::Es256 => p256_private(),
        KeyAlgorithm::EdDsa => ed25519_private(),
        KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => rsa_private(),
    })
}

fn public(algorithm: KeyAlgorithm) -> PublicJwk {
    match algorithm {
        KeyAlgorithm::Es256 => PublicJwk::P256 {
            x: p256_of_rfc_7515::X.to_owned(),
            y: p256_of_rfc_7515::Y.to_owned(),
        },
        KeyAlgorithm::EdDsa => PublicJwk::Ed25519 {
            x: ed25519_of_rfc_8037::X.to_owned(),
        },
        KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => PublicJwk::Rsa {
            n: rsa_of_rfc_7515::N.to_owned(),
            e: rsa_of_rfc_7515::E.to_owned(),
        },
    }
}

fn signer(algorithm: KeyAlgorithm) -> Arc<dyn Signer> {
    OpensslKeyFactory
        .signer(&key_id(), algorithm, &private(algorithm))
        .unwrap()
}

fn verifier(algorithm: KeyAlgorithm) -> Arc<dyn Verifier> {
    OpensslKeyFactory
        .verifier(&key_id(), algorithm, &public(algorithm))
        .unwrap()
}

/// A token's signing input and signature.
fn split(token: &str) -> (&str, Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input, bytes(signature))
}

/// An RSA key that is too small for any of our algorithms.
fn small_rsa() -> Rsa<Private> {
    Rsa::generate(1024).unwrap()
}
