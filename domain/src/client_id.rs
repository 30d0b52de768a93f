//! The `client_id` of RFC 6749 §2.2: the text by which a client calls itself.
//!
//! It may be chosen by the operator and may be a URL. Appendix A.1 allows `VSCHAR`
//! (%x20-7E); we leave out the space, which nobody could see or paste, and ids that start
//! with `u_`, because the `sub` of a client credentials token is the `client_id` and a
//! user's starts with `u_`: a client must not be able to pose as a user (RFC 9700 §4.15).

use core::fmt;
use std::sync::Arc;

const MAX_LENGTH: usize = 255;
const USER_SUBJECT_PREFIX: &str = "u_";

/// The text identifier of a client; cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(Arc<str>);

/// Why a text is not a [`ClientId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientId {
    /// Empty, or longer than 255 characters.
    #[error("a client_id has 1 to 255 characters")]
    Length,
    /// A space, a control character or something outside ASCII.
    #[error("a client_id is written with visible ASCII characters only, without spaces")]
    Character,
    /// It looks like a user's subject.
    #[error("a client_id must not start with u_, which marks the subjects of users")]
    UserSubject,
}

impl ClientId {
    /// Reads a `client_id`; letter case counts.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(InvalidClientId::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidClientId::Character);
        }
        if text.starts_with(USER_SUBJECT_PREFIX) {
            return Err(InvalidClientId::UserSubject);
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_may_be_chosen_and_may_be_a_url() {
        let longest = "c".repeat(255);
        for text in [
            "c",
            "gatelodge-docs",
            "https://app.example/client.json?a=b#c",
            "U_x",
            "u-x",
            "~!\"\\",
            &longest,
        ] {
            assert_eq!(ClientId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_client_cannot_pose_as_a_user() {
        assert_eq!(ClientId::parse("u_"), Err(InvalidClientId::UserSubject));
        assert_eq!(
            ClientId::parse("u_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            Err(InvalidClientId::UserSubject)
        );
        assert!(ClientId::parse("xu_").is_ok());
    }

    #[test]
    fn what_cannot_be_seen_or_typed_is_refused() {
        assert_eq!(ClientId::parse(""), Err(InvalidClientId::Length));
        assert_eq!(
            ClientId::parse(&"c".repeat(256)),
            Err(InvalidClientId::Length)
        );
        for text in [
            " ",
            "a b",
            " a",
            "a ",
            "a\0",
            "a\n",
            "a\r\nb",
            "a\t",
            "a\x7f",
            "é",
            "ａ",
            "a\u{202e}",
            "a\u{200b}",
            "\u{feff}a",
        ] {
            assert_eq!(
                ClientId::parse(text),
                Err(InvalidClientId::Character),
                "{text:?}"
            );
        }
    }

    #[test]
    fn letter_case_makes_another_client() {
        assert_ne!(ClientId::parse("App"), ClientId::parse("app"));
    }
}
