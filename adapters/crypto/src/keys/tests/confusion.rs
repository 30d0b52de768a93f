//! A key serves its own algorithm only (RFC 8725 §2.1 and §3.1), and a signature has one form.

use gatelodge_ports::key_factory::TokenType;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sha::sha256;
use openssl::sign::{self, RsaPssSaltlen};

use super::*;

const fn kind(algorithm: KeyAlgorithm) -> u8 {
    match algorithm {
        KeyAlgorithm::Es256 => 0,
        KeyAlgorithm::EdDsa => 1,
        KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => 2,
    }
}

#[test]
fn a_key_of_another_kind_is_refused_and_its_own_kind_accepted() {
    for algorithm in KeyAlgorithm::ALL {
        for of in KeyAlgorithm::ALL {
            let fits = kind(algorithm) == kind(of);
            let signer = OpensslKeyFactory.signer(&key_id(), algorithm, &private(of));
            assert_eq!(signer.is_ok(), fits, "{algorithm:?} with a key for {of:?}");
            let verifier = OpensslKeyFactory.verifier(&key_id(), algorithm, &public(of));
            assert_eq!(
                verifier.is_ok(),
                fits,
                "{algorithm:?} with a key for {of:?}"
            );
        }
    }
}

#[test]
fn no_algorithm_accepts_the_signature_of_another() {
    for of in KeyAlgorithm::ALL {
        let token = signer(of).sign(TokenType::AccessToken, b"{}").unwrap();
        let (input, signature) = split(&token);
        for algorithm in KeyAlgorithm::ALL {
            let verified = verifier(algorithm).verifies(input.as_bytes(), &signature);
            assert_eq!(
                verified,
                algorithm == of,
                "{algorithm:?} took one of {of:?}"
            );
        }
    }
}

#[test]
fn an_hmac_with_the_public_key_as_its_secret_does_not_verify() {
    let input = b"eyJhbGciOiJIUzI1NiJ9.e30";
    for algorithm in KeyAlgorithm::ALL {
        for (_, secret) in public(algorithm).members() {
            let key = PKey::hmac(secret.as_bytes()).unwrap();
            let mut signer = sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
            let mac = signer.sign_oneshot_to_vec(input).unwrap();
            assert!(!verifier(algorithm).verifies(input, &mac));
        }
        assert!(!verifier(algorithm).verifies(input, b""), "alg none");
    }
}

#[test]
fn es256_in_der_or_at_another_length_does_not_verify() {
    let input = b"e30.e30";
    let key = p256_private().ec_key().unwrap();
    let signature = EcdsaSig::sign(&sha256(input), &key).unwrap();
    let verifier = verifier(KeyAlgorithm::Es256);
    assert!(!verifier.verifies(input, &signature.to_der().unwrap()));
    let r = signature.r().to_vec_padded(32).unwrap();
    let s = signature.s().to_vec_padded(32).unwrap();
    assert!(verifier.verifies(input, &[&*r, &s].concat()));
    let stretched = [&*r, &[0], &s].concat();
    assert!(
        !verifier.verifies(input, &stretched),
        "a zero more, which says the same numbers"
    );
}

#[test]
fn es256_with_zeros_or_numbers_past_the_order_does_not_verify() {
    let verifier = verifier(KeyAlgorithm::Es256);
    for r in [0, 1, 255] {
        for s in [0, 1, 255] {
            let signature = [[r; 32], [s; 32]].concat();
            assert!(!verifier.verifies(b"e30.e30", &signature), "{r} {s}");
        }
    }
}

/// Signs with PSS by OpenSSL's own interface.
fn pss(input: &[u8], salt: RsaPssSaltlen, mask: MessageDigest) -> Vec<u8> {
    let key = rsa_private();
    let mut signer = sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    signer.set_rsa_pss_saltlen(salt).unwrap();
    signer.set_rsa_mgf1_md(mask).unwrap();
    signer.sign_oneshot_to_vec(input).unwrap()
}

#[test]
fn ps256_agrees_with_openssl_in_both_directions() {
    let input = b"e30.e30";
    let theirs = pss(input, RsaPssSaltlen::custom(32), MessageDigest::sha256());
    assert!(verifier(KeyAlgorithm::Ps256).verifies(input, &theirs));
    let token = signer(KeyAlgorithm::Ps256)
        .sign(TokenType::Jwt, b"{}")
        .unwrap();
    let (input, signature) = split(&token);
    let key = rsa_private();
    let mut verifier = sign::Verifier::new(MessageDigest::sha256(), &key).unwrap();
    verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    verifier
        .set_rsa_pss_saltlen(RsaPssSaltlen::custom(32))
        .unwrap();
    assert!(
        verifier
            .verify_oneshot(&signature, input.as_bytes())
            .unwrap()
    );
}

#[test]
fn ps256_with_another_salt_length_or_mask_does_not_verify() {
    let input = b"e30.e30";
    let verifier = verifier(KeyAlgorithm::Ps256);
    for (salt, mask) in [
        (RsaPssSaltlen::custom(0), MessageDigest::sha256()),
        (RsaPssSaltlen::custom(20), MessageDigest::sha256()),
        (RsaPssSaltlen::MAXIMUM_LENGTH, MessageDigest::sha256()),
        (RsaPssSaltlen::custom(32), MessageDigest::sha1()),
    ] {
        assert!(!verifier.verifies(input, &pss(input, salt, mask)));
    }
}
