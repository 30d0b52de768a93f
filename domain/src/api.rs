//! An API that access tokens are for: the resource server of RFC 6749 §1.1, by the name that
//! stands in `aud` (RFC 9068 §2.2) and in `resource` (RFC 8707 §2).

use core::fmt;

use crate::role::Protection;
use crate::{DisplayName, Id, Realm, Revision, Timestamp};

/// What an API is called in tokens: 1 to 255 visible ASCII characters, in which letter case
/// counts. An absolute URI is what RFC 8707 asks for; a plain word serves as well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiIdentifier(String);

/// Why a text is not an [`ApiIdentifier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidApiIdentifier {
    /// Empty, or longer than 255 characters.
    #[error("an API's identifier has 1 to 255 characters")]
    Length,
    /// A space, a control character, or one outside of ASCII.
    #[error("an API's identifier is written with visible ASCII characters, without spaces")]
    Character,
    /// A fragment (RFC 8707 §2 forbids it).
    #[error("an API's identifier must not have a fragment (`#`)")]
    Fragment,
}

impl ApiIdentifier {
    /// The most characters of one.
    pub const MAX_LENGTH: usize = 255;

    /// Reads an identifier.
    pub fn parse(text: &str) -> Result<Self, InvalidApiIdentifier> {
        if text.is_empty() || text.len() > Self::MAX_LENGTH {
            return Err(InvalidApiIdentifier::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidApiIdentifier::Character);
        }
        if text.contains('#') {
            return Err(InvalidApiIdentifier::Fragment);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether discovery names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listing {
    /// Everybody may read of it.
    Listed,
    /// Only who knows its name can ask for it.
    #[default]
    Hidden,
}

impl Listing {
    /// From a yes or no.
    pub const fn of(listed: bool) -> Self {
        if listed { Self::Listed } else { Self::Hidden }
    }

    /// As a yes or no.
    pub const fn is_listed(self) -> bool {
        matches!(self, Self::Listed)
    }
}

/// A registered API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Row id.
    pub id: Id<Api>,
    /// The realm.
    pub realm: Id<Realm>,
    /// What tokens call it; unique in the realm, and never another one later.
    pub identifier: ApiIdentifier,
    /// What people see.
    pub name: DisplayName,
    /// Whether the server's metadata name it (RFC 9728 §4).
    pub listing: Listing,
    /// Whether it may be changed or removed.
    pub protection: Protection,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_a_word_or_a_uri_without_fragment() {
        for text in ["gatelodge-admin", "https://api.example/v1?x=1", "urn:a:b"] {
            assert_eq!(ApiIdentifier::parse(text).unwrap().as_str(), text);
        }
        let refused = |text: &str| ApiIdentifier::parse(text).unwrap_err();
        assert_eq!(refused(""), InvalidApiIdentifier::Length);
        assert_eq!(refused(&"a".repeat(256)), InvalidApiIdentifier::Length);
        assert_eq!(refused("a b"), InvalidApiIdentifier::Character);
        assert_eq!(refused("ä"), InvalidApiIdentifier::Character);
        assert_eq!(refused("https://a/#b"), InvalidApiIdentifier::Fragment);
    }
}
