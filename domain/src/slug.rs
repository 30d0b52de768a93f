//! The name of a realm in URLs: `{public_url}/realms/{slug}`.
//!
//! A slug becomes part of an issuer, and an issuer is compared as text by every client (OpenID
//! Connect Core §3.1.3.7), so it never changes and has one spelling: `[a-z0-9][a-z0-9-]{0,62}`.

use core::fmt;
use std::sync::Arc;

const DEFAULT: &str = "default";
const SYSTEM: &str = "system";
const MAX_LENGTH: usize = 63;

/// The immutable slug of a realm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RealmSlug(Arc<str>);

/// Why a text is not a [`RealmSlug`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSlug {
    /// Empty, or longer than 63 characters.
    #[error("a realm slug has 1 to 63 characters")]
    Length,
    /// A character other than a-z, 0-9 and the hyphen.
    #[error("a realm slug is written with the characters a-z, 0-9 and - only")]
    Character,
    /// A hyphen in front.
    #[error("a realm slug starts with a letter or a digit")]
    Start,
}

impl RealmSlug {
    /// Reads a slug. Reserved slugs are valid slugs: see [`RealmSlug::is_reserved`].
    pub fn parse(text: &str) -> Result<Self, InvalidSlug> {
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(InvalidSlug::Length);
        }
        if !text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        {
            return Err(InvalidSlug::Character);
        }
        if text.starts_with('-') {
            return Err(InvalidSlug::Start);
        }
        Ok(Self(text.into()))
    }

    /// The realm of the administrators, which only the admin port serves.
    pub fn system() -> Self {
        Self(SYSTEM.into())
    }

    /// The realm whose issuer is the public URL itself.
    pub fn default_realm() -> Self {
        Self(DEFAULT.into())
    }

    /// Whether the slug belongs to a built-in realm, and may not be given to another.
    pub fn is_reserved(&self) -> bool {
        matches!(self.as_str(), DEFAULT | SYSTEM)
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RealmSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_letters_digits_and_hyphens() {
        let longest = "a".repeat(63);
        for text in ["a", "7", "acme", "acme-2", "a-", "a--b", longest.as_str()] {
            assert_eq!(RealmSlug::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        assert_eq!(RealmSlug::parse(""), Err(InvalidSlug::Length));
        assert_eq!(RealmSlug::parse(&"a".repeat(64)), Err(InvalidSlug::Length));
        assert_eq!(RealmSlug::parse("-a"), Err(InvalidSlug::Start));
        for text in [
            "Acme",
            "SYSTEM",
            "a_b",
            "a.b",
            "..",
            "a/b",
            "a%2f",
            "a b",
            " a",
            "a\0",
            "a\n",
            "é",
            "ａ",
            "а",
            "a\u{200b}",
            "a\u{202e}",
        ] {
            assert_eq!(
                RealmSlug::parse(text),
                Err(InvalidSlug::Character),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_built_in_realms_are_reserved_and_no_others() {
        assert_eq!(RealmSlug::parse("system"), Ok(RealmSlug::system()));
        assert_eq!(RealmSlug::parse("default"), Ok(RealmSlug::default_realm()));
        assert!(RealmSlug::system().is_reserved());
        assert!(RealmSlug::default_realm().is_reserved());
        assert!(!RealmSlug::parse("system-2").unwrap().is_reserved());
    }
}
