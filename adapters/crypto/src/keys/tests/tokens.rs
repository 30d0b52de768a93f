//! Whole tokens, from made and from loaded keys.

use gatelodge_ports::key_factory::TokenType;

use super::*;

#[test]
fn a_token_is_header_payload_and_signature_for_each_algorithm_and_type() {
    for algorithm in KeyAlgorithm::ALL {
        let (signer, verifier) = (signer(algorithm), verifier(algorithm));
        for (typ, name) in TokenType::ALL
            .into_iter()
            .zip(["JWT", "at+jwt", "logout+jwt"])
        {
            for payload in [&b""[..], b"{}", br#"{"sub":"u_a"}"#, &[b'x'; 3_000]] {
                let token = signer.sign(typ, payload).unwrap();
                let parts: Vec<&str> = token.split('.').collect();
                let [header, body, _] = parts[..] else {
                    panic!("{token}")
                };
                let expected = format!(
                    r#"{{"alg":"{}","kid":"the-key","typ":"{name}"}}"#,
                    algorithm.as_str()
                );
                assert_eq!(String::from_utf8(bytes(header)).unwrap(), expected);
                assert_eq!(bytes(body), payload);
                let (input, signature) = split(&token);
                assert!(verifier.verifies(input.as_bytes(), &signature));
                assert_eq!(token.capacity(), token.len(), "made in one allocation");
            }
        }
    }
}

#[test]
fn a_changed_token_does_not_verify() {
    for algorithm in KeyAlgorithm::ALL {
        let verifier = verifier(algorithm);
        let token = signer(algorithm).sign(TokenType::Jwt, b"payload").unwrap();
        let (input, signature) = split(&token);
        assert!(verifier.verifies(input.as_bytes(), &signature));
        for index in 0..input.len() {
            let mut changed = input.as_bytes().to_vec();
            changed[index] ^= 1;
            assert!(
                !verifier.verifies(&changed, &signature),
                "{algorithm:?} input {index}"
            );
        }
        for index in 0..signature.len() {
            let mut changed = signature.clone();
            changed[index] ^= 1;
            assert!(
                !verifier.verifies(input.as_bytes(), &changed),
                "{algorithm:?} {index}"
            );
        }
        for length in 0..signature.len() {
            assert!(!verifier.verifies(input.as_bytes(), &signature[..length]));
        }
        for more in [&[0][..], &[0; 32], &signature] {
            let longer = [&signature, more].concat();
            assert!(!verifier.verifies(input.as_bytes(), &longer));
            let longer = [more, &signature].concat();
            assert!(!verifier.verifies(input.as_bytes(), &longer));
        }
    }
}

#[tokio::test]
async fn a_made_key_signs_what_its_public_half_verifies() {
    for algorithm in KeyAlgorithm::ALL {
        let made = OpensslKeyFactory.generate(algorithm).await.unwrap();
        let thumbprint = made.public.thumbprint();
        assert_eq!(bytes(made.key_id.as_str()), thumbprint.as_bytes());
        let signer = OpensslKeyFactory
            .signer(&made.key_id, algorithm, &made.private)
            .unwrap();
        let verifier = OpensslKeyFactory
            .verifier(&made.key_id, algorithm, &made.public)
            .unwrap();
        assert_eq!(
            (signer.key_id(), signer.algorithm()),
            (&made.key_id, algorithm)
        );
        assert_eq!(
            (verifier.key_id(), verifier.algorithm()),
            (&made.key_id, algorithm)
        );
        let token = signer.sign(TokenType::AccessToken, b"{}").unwrap();
        let (input, signature) = split(&token);
        assert!(verifier.verifies(input.as_bytes(), &signature));
        let of_another = super::verifier(algorithm);
        assert!(!of_another.verifies(input.as_bytes(), &signature));
    }
}

#[tokio::test]
async fn two_made_keys_differ() {
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::EdDsa] {
        let one = OpensslKeyFactory.generate(algorithm).await.unwrap();
        let other = OpensslKeyFactory.generate(algorithm).await.unwrap();
        assert_ne!(one.key_id, other.key_id);
        assert!(!one.private.matches(other.private.expose()));
    }
}

#[test]
fn es256_numbers_with_leading_zeros_keep_their_32_bytes() {
    let (signer, verifier) = (signer(KeyAlgorithm::Es256), verifier(KeyAlgorithm::Es256));
    let mut has_leading_zero = false;
    while !has_leading_zero {
        let token = signer.sign(TokenType::Jwt, b"{}").unwrap();
        let (input, signature) = split(&token);
        assert_eq!(signature.len(), 64);
        assert!(verifier.verifies(input.as_bytes(), &signature));
        has_leading_zero = signature[0] == 0 || signature[32] == 0;
    }
}
