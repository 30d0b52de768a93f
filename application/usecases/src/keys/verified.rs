//! Signatures that were found good, so that a token which is shown again costs a digest and not
//! a verification.
//!
//! A key ring has one, so that what was remembered under keys goes with them. Only a keyed digest
//! of the whole text is kept: nobody can make another text that has it, and nothing that could be
//! presented as a token stays in memory. Whether a token has expired or was revoked is not
//! remembered; it is asked each time.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use gatelodge_domain::Digest;

/// Digests in a generation: about a megabyte.
const BOUND: usize = 16 * 1024;

/// Two generations of digests: when the younger is full, the older is forgotten, so that a flood
/// of tokens costs neither much memory nor everything that was known.
#[derive(Default)]
pub(super) struct VerifiedSignatures(RwLock<Generations>);

#[derive(Default)]
struct Generations {
    younger: HashSet<[u8; 32]>,
    older: HashSet<[u8; 32]>,
}

impl VerifiedSignatures {
    /// Whether that text was found good before.
    pub(super) fn contains(&self, text: &Digest) -> bool {
        // A panic elsewhere leaves the sets whole: every change is a single call.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.younger.contains(text.as_bytes()) || known.older.contains(text.as_bytes())
    }

    /// Remembers a text that was found good.
    pub(super) fn remember(&self, text: &Digest) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.younger.len() >= BOUND {
            known.older = core::mem::take(&mut known.younger);
        }
        known.younger.insert(*text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: usize) -> Digest {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Digest::new(bytes)
    }

    #[test]
    fn what_was_found_good_lately_is_known() {
        let verified = VerifiedSignatures::default();
        assert!(!verified.contains(&digest(1)));
        for number in 0..=BOUND {
            verified.remember(&digest(number));
        }
        assert!(verified.contains(&digest(0)));
        assert!(verified.contains(&digest(BOUND)));
    }

    #[test]
    fn a_flood_is_forgotten() {
        let verified = VerifiedSignatures::default();
        for number in 0..10 * BOUND {
            verified.remember(&digest(number));
        }
        let known = verified.0.read().unwrap();
        assert!(known.younger.len() + known.older.len() <= 2 * BOUND);
        assert!(!known.older.contains(digest(0).as_bytes()));
    }
}
