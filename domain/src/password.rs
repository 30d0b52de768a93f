//! Passwords of people: what is accepted, and what is stored instead of them.

use unicode_normalization::UnicodeNormalization;

use crate::{Id, Realm, Revision, SecretText, Timestamp, User};

/// A password as it was typed, in Unicode normal form C (RFC 8265 §4.2, `OpaqueString`).
#[derive(Debug, Clone)]
pub struct Password(SecretText);

/// Why a text cannot be a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Too short.
    #[error("a password has at least 8 characters")]
    TooShort,
    /// Too long to hash with care.
    #[error("a password has at most 256 characters")]
    TooLong,
}

impl Password {
    /// Accepts a new password: 8 to 256 characters. A realm may ask for more (its settings
    /// `password_…`).
    pub fn parse(text: &str) -> Result<Self, InvalidPassword> {
        let password = Self::presented(text)?;
        if password.expose().chars().count() < 8 {
            return Err(InvalidPassword::TooShort);
        }
        Ok(password)
    }

    /// Takes what was typed at sign-in, where only a length that would cost us is refused.
    pub fn presented(text: &str) -> Result<Self, InvalidPassword> {
        // NFC at most triples the characters; nothing over that can be a stored password.
        if text.len() > 256 * 4 * 3 {
            return Err(InvalidPassword::TooLong);
        }
        let normal: String = text.nfc().collect();
        if normal.chars().count() > 256 {
            return Err(InvalidPassword::TooLong);
        }
        Ok(Self(SecretText::new(normal)))
    }

    /// The text itself, for hashing only.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Argon2id's cost (RFC 9106 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// A stored password hash as a PHC string, with its parameters in it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string that a hasher made.
    pub fn from_phc(text: String) -> Self {
        Self(text)
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PasswordHash([redacted])")
    }
}

/// What is kept of a person's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordCredential {
    /// The realm.
    pub realm: Id<Realm>,
    /// Whose it is.
    pub user: Id<User>,
    /// The hash.
    pub hash: PasswordHash,
    /// When the password last changed (a rehash does not count).
    pub changed_at: Timestamp,
    /// How often the row changed.
    pub revision: Revision,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_after_normalization() {
        assert_eq!(
            Password::parse("1234567").err(),
            Some(InvalidPassword::TooShort)
        );
        assert!(Password::parse("12345678").is_ok());
        assert!(Password::parse(&"ä".repeat(256)).is_ok());
        assert_eq!(
            Password::parse(&"ä".repeat(257)).err(),
            Some(InvalidPassword::TooLong)
        );
    }

    #[test]
    fn composed_and_decomposed_spellings_are_one_password() {
        let composed = Password::parse("caf\u{e9}-au-lait").unwrap();
        let decomposed = Password::parse("cafe\u{301}-au-lait").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn a_password_never_prints() {
        let shown = format!("{:?}", Password::parse("correct horse").unwrap());
        assert!(!shown.contains("horse"), "{shown}");
    }
}
