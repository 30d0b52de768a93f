//! PKCE challenges and verifiers (RFC 7636 §4).

use gatelodge_domain::{CodeChallenge, CodeVerifier};

use crate::decode;

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |texts: (&str, Option<&str>, &str)| {
        let (challenge, method, verifier) = texts;
        let challenge = CodeChallenge::parse(challenge, method);
        if let Ok(challenge) = &challenge {
            assert_eq!(method, Some("S256"), "plain is not taken");
            assert_eq!(challenge.as_str(), texts.0);
            assert_eq!(challenge.as_str().len(), 43);
        }
        let Ok(verifier) = CodeVerifier::parse(verifier) else {
            return;
        };
        assert!((43..=128).contains(&texts.2.len()));
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        assert!(texts.2.bytes().all(unreserved));
        let own = CodeChallenge::of(&verifier);
        assert!(own.is_met_by(&verifier));
        assert_eq!(
            CodeChallenge::parse(own.as_str(), Some("S256")).as_ref(),
            Ok(&own)
        );
        if let Ok(challenge) = challenge {
            assert_eq!(challenge.is_met_by(&verifier), challenge == own);
        }
    });
}
