//! The text of tokens that mean nothing to their bearer: `gl_rt_…` and its kin.
//!
//! A token is a prefix that says its kind, the base64url text of its bytes, and six
//! characters of a checksum. The prefix lets leak scanners find it and stops one kind being
//! taken for another; the checksum keeps garbage away from the database. Neither is a
//! protection: that is the randomness in the bytes, and their digest in storage.

pub(crate) mod base64url;

use crate::digest::Digest;
use crate::secret::{SecretBytes, SecretText};

const CHECKSUM_BYTES: usize = 5;
const CHECKSUM_LENGTH: usize = 6;

/// What an opaque token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken,
    /// An access token of a client that asked for opaque ones (RFC 6749 §1.4).
    AccessToken,
    /// An authorization code (RFC 6749 §1.3.1).
    AuthorizationCode,
    /// The cookie of a session.
    Session,
    /// A generated client secret (RFC 6749 §2.3.1).
    ClientSecret,
    /// A link that works once, such as the one for the first administrator.
    OneTimeLink,
    /// The cookie of a sign-in that waits for its second factor.
    SignInSteps,
}

impl TokenKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::RefreshToken,
        Self::AccessToken,
        Self::AuthorizationCode,
        Self::Session,
        Self::ClientSecret,
        Self::OneTimeLink,
        Self::SignInSteps,
    ];

    /// The first six characters of every token of the kind.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::RefreshToken => "gl_rt_",
            Self::AccessToken => "gl_at_",
            Self::AuthorizationCode => "gl_ac_",
            Self::Session => "gl_se_",
            Self::ClientSecret => "gl_cs_",
            Self::OneTimeLink => "gl_ot_",
            Self::SignInSteps => "gl_si_",
        }
    }

    /// The kind whose prefix the text bears; says nothing about the rest.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))
    }
}

/// Writes and reads the text of opaque tokens; there are no values of it.
#[derive(Debug)]
pub enum OpaqueToken {}

impl OpaqueToken {
    /// The most characters of a token.
    pub const MAX_LENGTH: usize = 512;
    /// The most bytes that fit into a token.
    pub const MAX_BYTES: usize = 375;

    /// The text of a token: prefix, base64url of `bytes`, checksum. One that carries no bytes,
    /// or more than [`OpaqueToken::MAX_BYTES`], can be written but is never opened.
    pub fn mint(kind: TokenKind, bytes: &[u8]) -> SecretText {
        let body_length = (bytes.len() * 8).div_ceil(6);
        // Reserved once: a string that grows leaves copies of the secret behind.
        let mut text =
            String::with_capacity(kind.prefix().len() + body_length + CHECKSUM_LENGTH + 1);
        text.push_str(kind.prefix());
        base64url::encode_into(&mut text, bytes);
        let sum = checksum(&text);
        text.push_str(&sum);
        SecretText::new(text)
    }

    /// The bytes of a token of this kind, or `None` for anything that [`OpaqueToken::mint`]
    /// does not write. There is exactly one text for each value.
    pub fn open(kind: TokenKind, text: &str) -> Option<SecretBytes> {
        if text.len() > Self::MAX_LENGTH {
            return None;
        }
        let (unsummed, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM_LENGTH)?)?;
        let body = unsummed.strip_prefix(kind.prefix())?;
        if body.is_empty() || checksum(unsummed) != sum {
            return None;
        }
        base64url::decode(body)
    }
}

/// The first 36 bits of SHA-256, as six base64url characters.
fn checksum(unsummed: &str) -> String {
    let digest = Digest::sha256(unsummed.as_bytes());
    let mut sum = base64url::encode(&digest.as_bytes()[..CHECKSUM_BYTES]);
    sum.truncate(CHECKSUM_LENGTH);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(kind: TokenKind, text: &str) -> Option<Vec<u8>> {
        OpaqueToken::open(kind, text).map(|bytes| bytes.expose().clone())
    }

    #[test]
    fn a_token_opens_to_what_was_minted() {
        for kind in TokenKind::ALL {
            for length in [1, 2, 3, 16, 32, 33, OpaqueToken::MAX_BYTES] {
                let bytes = vec![0xa5; length];
                let token = OpaqueToken::mint(kind, &bytes);
                assert!(token.expose().starts_with(kind.prefix()));
                assert_eq!(TokenKind::of(token.expose()), Some(kind));
                assert_eq!(opened(kind, token.expose()), Some(bytes));
            }
        }
    }

    #[test]
    fn the_text_of_a_token_does_not_change_between_releases() {
        let token = OpaqueToken::mint(TokenKind::RefreshToken, b"gatelodge");
        assert_eq!(token.expose(), "gl_rt_Z2F0ZWxvZGdlRyME3q");
    }

    #[test]
    fn one_kind_is_not_taken_for_another() {
        for kind in TokenKind::ALL {
            let token = OpaqueToken::mint(kind, &[7; 32]);
            for other in TokenKind::ALL.into_iter().filter(|other| *other != kind) {
                assert_eq!(opened(other, token.expose()), None);
                // not even with the other prefix pasted in front
                let renamed = token.expose().replace(kind.prefix(), other.prefix());
                assert_eq!(opened(other, &renamed), None);
            }
        }
    }

    #[test]
    fn a_change_of_any_character_is_noticed() {
        let token = OpaqueToken::mint(TokenKind::Session, &[7; 32]);
        for index in 0..token.expose().len() {
            let mut text = token.expose().clone().into_bytes();
            text[index] = if text[index] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(text).unwrap();
            assert_eq!(opened(TokenKind::Session, &text), None, "{text}");
        }
    }

    #[test]
    fn there_is_one_text_for_one_value() {
        // One byte is two characters; the last four bits of the second must be zero, even
        // under a checksum that fits.
        let surplus = "gl_se_Bx";
        let text = format!("{surplus}{}", checksum(surplus));
        assert_eq!(opened(TokenKind::Session, &text), None);
        let canonical = "gl_se_Bw";
        let text = format!("{canonical}{}", checksum(canonical));
        assert_eq!(opened(TokenKind::Session, &text), Some(vec![7]));
    }

    #[test]
    fn garbage_is_not_a_token() {
        let token = OpaqueToken::mint(TokenKind::AccessToken, &[7; 32])
            .expose()
            .clone();
        let (shorter, longer) = (&token[..token.len() - 1], format!("{token}A"));
        let (before, after) = (format!(" {token}"), format!("{token}\0"));
        let upper = token.to_uppercase();
        for text in [
            "",
            "gl_at_",
            "gl_at_AAAAAA",
            "AAAAAA",
            "éééééé",
            "gl_at_é",
            "gl_at_ééééé",
            shorter,
            &longer,
            &before,
            &after,
            &upper,
        ] {
            assert_eq!(opened(TokenKind::AccessToken, text), None, "{text:?}");
        }
        assert_eq!(TokenKind::of("eyJhbGciOiJFUzI1NiJ9"), None);
        assert_eq!(TokenKind::of("gl_r"), None);
    }

    #[test]
    fn empty_and_oversized_tokens_are_not_opened() {
        let empty = OpaqueToken::mint(TokenKind::Session, &[]);
        assert_eq!(opened(TokenKind::Session, empty.expose()), None);
        let most = OpaqueToken::mint(TokenKind::Session, &[7; OpaqueToken::MAX_BYTES]);
        assert_eq!(most.expose().len(), OpaqueToken::MAX_LENGTH);
        let more = OpaqueToken::mint(TokenKind::Session, &[7; OpaqueToken::MAX_BYTES + 1]);
        assert_eq!(opened(TokenKind::Session, more.expose()), None);
    }
}
