//! Keys that are not taken.

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;

use super::*;

fn loads(algorithm: KeyAlgorithm, private: &SecretBytes) -> bool {
    match OpensslKeyFactory.signer(&key_id(), algorithm, private) {
        Ok(_) => true,
        Err(SignerError::BadKey(_)) => false,
        Err(SignerError::Failed(error)) => panic!("{error}"),
    }
}

fn accepts(algorithm: KeyAlgorithm, public: &PublicJwk) -> bool {
    match OpensslKeyFactory.verifier(&key_id(), algorithm, public) {
        Ok(_) => true,
        Err(SignerError::BadKey(_)) => false,
        Err(SignerError::Failed(error)) => panic!("{error}"),
    }
}

#[test]
fn what_is_not_pkcs8_is_refused() {
    for algorithm in KeyAlgorithm::ALL {
        let good = private(algorithm);
        assert!(loads(algorithm, &good));
        let cut = good.expose()[..good.expose().len() - 1].to_vec();
        for bad in [Vec::new(), b"-----BEGIN PRIVATE KEY-----".to_vec(), cut] {
            assert!(!loads(algorithm, &SecretBytes::new(bad)));
        }
    }
}

#[test]
fn other_curves_are_refused() {
    for curve in [Nid::SECP384R1, Nid::SECP256K1] {
        let group = EcGroup::from_curve_name(curve).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        assert!(!loads(KeyAlgorithm::Es256, &pkcs8(&key)));
    }
    for key in [
        PKey::generate_ed448().unwrap(),
        PKey::generate_x25519().unwrap(),
    ] {
        assert!(!loads(KeyAlgorithm::EdDsa, &pkcs8(&key)));
    }
}

#[test]
fn a_small_rsa_key_is_refused() {
    let small = small_rsa();
    let public = PublicJwk::Rsa {
        n: URL_SAFE_NO_PAD.encode(small.n().to_vec()),
        e: URL_SAFE_NO_PAD.encode(small.e().to_vec()),
    };
    let private = pkcs8(&PKey::from_rsa(small).unwrap());
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256] {
        assert!(!loads(algorithm, &private));
        assert!(!accepts(algorithm, &public));
    }
}

#[test]
fn a_huge_rsa_key_and_an_unusual_exponent_are_refused() {
    let n = rsa_of_rfc_7515::N;
    let jwk = |n: &str, e: &[u8]| PublicJwk::Rsa {
        n: n.to_owned(),
        e: URL_SAFE_NO_PAD.encode(e),
    };
    assert!(accepts(KeyAlgorithm::Rs256, &jwk(n, &[1, 0, 1])));
    assert!(accepts(KeyAlgorithm::Rs256, &jwk(n, &[3])));
    for e in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[1, 0, 0],
        &[1, 0, 0, 0, 0, 0, 0, 0, 1],
    ] {
        assert!(!accepts(KeyAlgorithm::Rs256, &jwk(n, e)), "{e:?}");
    }
    let huge = URL_SAFE_NO_PAD.encode([0xff; 1025]);
    assert!(!accepts(KeyAlgorithm::Rs256, &jwk(&huge, &[1, 0, 1])));
    assert!(!accepts(KeyAlgorithm::Rs256, &jwk("", &[1, 0, 1])));
}

#[test]
fn points_off_the_curve_and_coordinates_of_another_length_are_refused() {
    use p256_of_rfc_7515::{X, Y};
    let accepts_point = |x: &[u8], y: &[u8]| {
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        accepts(KeyAlgorithm::Es256, &PublicJwk::P256 { x, y })
    };
    let (x, y) = (bytes(X), bytes(Y));
    assert!(accepts_point(&x, &y));
    assert!(!accepts_point(&y, &x), "off the curve");
    assert!(!accepts_point(&[0; 32], &[0; 32]));
    assert!(!accepts_point(&x[1..], &y));
    assert!(
        !accepts_point(&[&[0], &*x].concat(), &y),
        "33 bytes that say the same number"
    );
    let x = bytes(ed25519_of_rfc_8037::X);
    for x in [&x[..31], &[&x[..], &[0]].concat()] {
        let x = URL_SAFE_NO_PAD.encode(x);
        assert!(!accepts(KeyAlgorithm::EdDsa, &PublicJwk::Ed25519 { x }));
    }
}

#[test]
fn members_that_are_not_base64url_are_refused() {
    for x in [
        "!",
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ] {
        assert!(!accepts(
            KeyAlgorithm::EdDsa,
            &PublicJwk::Ed25519 { x: x.to_owned() }
        ));
    }
}
