//! Proof Key for Code Exchange (RFC 7636), with `S256` as its only method.
//!
//! `plain` protects nothing against whoever reads the request (RFC 9700 §2.1.1), and a
//! request without `code_challenge_method` means `plain` (RFC 7636 §4.3), so both are
//! refused, each with its own reason.

use core::fmt;

use subtle::ConstantTimeEq as _;

use crate::digest::Digest;
use crate::opaque_token::base64url;
use crate::secret::SecretText;

const S256: &str = "S256";
const CHALLENGE_LENGTH: usize = 43;
const MIN_VERIFIER: usize = 43;
const MAX_VERIFIER: usize = 128;

/// A `code_challenge` made with `S256`: the base64url text of a SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodeChallenge(String);

/// A `code_verifier`: the secret behind a [`CodeChallenge`].
#[derive(Clone)]
pub struct CodeVerifier(SecretText);

/// Why a challenge or verifier is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPkce {
    /// No `code_challenge_method`, which means `plain`.
    #[error("code_challenge_method is missing, which means plain; only S256 is allowed")]
    MethodMissing,
    /// A `code_challenge_method` other than `S256`.
    #[error("code_challenge_method must be S256")]
    MethodUnsupported,
    /// Not the base64url text of 32 bytes.
    #[error("code_challenge must be the 43 base64url characters of a SHA-256 digest")]
    Challenge,
    /// Not 43 to 128 unreserved characters.
    #[error("code_verifier must have 43 to 128 characters out of A-Z, a-z, 0-9 and -._~")]
    Verifier,
}

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request
    /// (RFC 7636 §4.3).
    pub fn parse(challenge: &str, method: Option<&str>) -> Result<Self, InvalidPkce> {
        match method {
            None => return Err(InvalidPkce::MethodMissing),
            Some(S256) => {}
            Some(_) => return Err(InvalidPkce::MethodUnsupported),
        }
        let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if challenge.len() != CHALLENGE_LENGTH || !challenge.bytes().all(alphabet) {
            return Err(InvalidPkce::Challenge);
        }
        Ok(Self(challenge.to_owned()))
    }

    /// The challenge that a client makes of its verifier: `BASE64URL(SHA256(verifier))`
    /// (RFC 7636 §4.2).
    pub fn of(verifier: &CodeVerifier) -> Self {
        let digest = Digest::sha256(verifier.0.expose().as_bytes());
        Self(base64url::encode(digest.as_bytes()))
    }

    /// The challenge as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the challenge of `verifier` (RFC 7636 §4.6), compared in constant time.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        Self::of(verifier)
            .0
            .as_bytes()
            .ct_eq(self.0.as_bytes())
            .into()
    }
}

impl CodeVerifier {
    /// Reads the `code_verifier` of a token request (RFC 7636 §4.1).
    pub fn parse(text: &str) -> Result<Self, InvalidPkce> {
        let unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if !(MIN_VERIFIER..=MAX_VERIFIER).contains(&text.len()) || !text.bytes().all(unreserved) {
            return Err(InvalidPkce::Verifier);
        }
        Ok(Self(SecretText::new(text.to_owned())))
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_rfc_7636_appendix_b_is_met() {
        let challenge = CodeChallenge::parse(CHALLENGE, Some("S256")).unwrap();
        let verifier = CodeVerifier::parse(VERIFIER).unwrap();
        assert!(challenge.is_met_by(&verifier));
        assert_eq!(CodeChallenge::of(&verifier), challenge);
        assert_eq!(challenge.as_str(), CHALLENGE);
    }

    #[test]
    fn another_verifier_does_not_meet_the_challenge() {
        let challenge = CodeChallenge::parse(CHALLENGE, Some("S256")).unwrap();
        for text in [
            VERIFIER.replace('d', "e"),
            format!("{VERIFIER}a"),
            VERIFIER.to_lowercase(),
        ] {
            assert!(
                !challenge.is_met_by(&CodeVerifier::parse(&text).unwrap()),
                "{text}"
            );
        }
        let as_plain = CodeVerifier::parse(CHALLENGE).unwrap();
        assert!(!challenge.is_met_by(&as_plain));
    }

    #[test]
    fn only_s256_is_a_method_and_a_missing_one_means_plain() {
        let method = |method| CodeChallenge::parse(CHALLENGE, method).map(drop);
        assert_eq!(method(None), Err(InvalidPkce::MethodMissing));
        for other in ["plain", "", "s256", "S256 ", "S512", "none"] {
            assert_eq!(
                method(Some(other)),
                Err(InvalidPkce::MethodUnsupported),
                "{other:?}"
            );
        }
        assert_eq!(method(Some("S256")), Ok(()));
    }

    #[test]
    fn a_challenge_is_43_base64url_characters() {
        let rest = "A".repeat(42);
        for bad in ["", "AA", "=", "+", "/", ".", "~", " ", "\0", "\n"] {
            let text = format!("{rest}{bad}");
            assert_eq!(
                CodeChallenge::parse(&text, Some("S256")),
                Err(InvalidPkce::Challenge),
                "{text:?}"
            );
        }
        // 43 bytes, but not 43 characters
        let wide = format!("{}é", "A".repeat(41));
        assert_eq!(
            CodeChallenge::parse(&wide, Some("S256")),
            Err(InvalidPkce::Challenge)
        );
    }

    #[test]
    fn a_verifier_is_43_to_128_unreserved_characters() {
        let parse = |text: &str| CodeVerifier::parse(text).map(drop);
        for length in [43, 128] {
            assert_eq!(parse(&"~".repeat(length)), Ok(()));
        }
        for length in [0, 42, 129, 10_000] {
            assert_eq!(
                parse(&"a".repeat(length)),
                Err(InvalidPkce::Verifier),
                "{length}"
            );
        }
        for bad in ["=", "+", "/", " ", "%", "\0", "\n", "é"] {
            let text = format!("{}{bad}", "a".repeat(50));
            assert_eq!(parse(&text), Err(InvalidPkce::Verifier), "{text:?}");
        }
    }

    #[test]
    fn a_verifier_does_not_show() {
        let shown = format!("{:?}", CodeVerifier::parse(VERIFIER).unwrap());
        assert_eq!(shown, "CodeVerifier([redacted])");
    }
}
