//! Recovery codes: ten secrets on paper, each good for one sign-in without the second factor.
//!
//! They are made by us and never chosen, so a keyed digest keeps them (they need no slow hash),
//! and they are shown once. Fifty bits each: with a handful of tries a minute there is nothing
//! to guess.

use crate::id::base32;
use crate::{Digest, Id, Realm, SecretText, Timestamp, User};

/// A recovery code as its owner writes it down: `abcde-fgh23`.
#[derive(Debug, Clone)]
pub struct RecoveryCode(SecretText);

/// How many are made at once.
pub const AT_ONCE: usize = 10;

/// How many random bytes one is made of; their last 50 bits are shown.
pub const BYTES: usize = 8;

const HALF: usize = 5;

impl RecoveryCode {
    /// A new one from random bytes.
    pub fn from_random(random: [u8; BYTES]) -> Self {
        let shown = u64::from_be_bytes(random) << 14;
        let mut text = base32(&shown.to_be_bytes());
        text.truncate(2 * HALF);
        Self(SecretText::new(text))
    }

    /// What was typed as one: letters and digits, in any case, with or without the dash.
    /// Nothing for what cannot be one.
    pub fn typed(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let letters: String = text
            .chars()
            .filter(|one| !one.is_whitespace() && *one != '-')
            // What is easily read for a letter of the alphabet, which has neither digit.
            .map(|one| match one {
                '0' => 'o',
                '1' => 'l',
                other => other.to_ascii_lowercase(),
            })
            .collect();
        let fits = letters.len() == 2 * HALF
            && letters
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte));
        fits.then(|| Self(SecretText::new(letters)))
    }

    /// What is digested: the letters alone.
    pub fn letters(&self) -> &str {
        self.0.expose()
    }

    /// What is shown, once.
    pub fn shown(&self) -> SecretText {
        let (first, second) = self.letters().split_at(HALF);
        SecretText::new(format!("{first}-{second}"))
    }
}

/// What is kept of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecoveryCode {
    /// The realm.
    pub realm: Id<Realm>,
    /// Whose it is.
    pub user: Id<User>,
    /// A keyed digest of it.
    pub digest: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used, if it was.
    pub used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_written_down() {
        let code = RecoveryCode::from_random([0x5a; BYTES]);
        let shown = code.shown();
        assert_eq!(shown.expose().len(), 11);
        let loud = shown.expose().to_uppercase().replace('-', " ");
        for text in [shown.expose().as_str(), code.letters(), loud.as_str()] {
            let typed = RecoveryCode::typed(text).unwrap();
            assert_eq!(typed.letters(), code.letters());
        }
        assert_eq!(
            RecoveryCode::typed("ab01e-fgh23").unwrap().letters(),
            "abolefgh23"
        );
    }

    #[test]
    fn every_bit_that_is_drawn_last_shows() {
        let one = |number: u64| RecoveryCode::from_random(number.to_be_bytes());
        for bit in 0..50 {
            assert_ne!(one(1 << bit).letters(), one(0).letters(), "{bit}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for text in [
            "",
            "abcde",
            "abcde-fgh2",
            "abcde-fgh234",
            "abcde-fgh28",
            "äbcde-fgh23",
        ] {
            assert!(RecoveryCode::typed(text).is_none(), "{text}");
        }
        let shown = format!("{:?}", RecoveryCode::from_random([1; BYTES]));
        assert!(shown.contains("redacted"), "{shown}");
    }
}
