//! Signing keys of a realm and their life: next → active → retired → removed.
//!
//! A `next` key has been in the JWKS for at least the document's `max-age` before its first
//! signature; a `retired` one stays there until its last token has expired.

use crate::jwk::PublicJwk;
use crate::{Id, Realm, Revision, Timestamp};

/// A JWS algorithm that we sign with (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// Ed25519.
    EdDsa,
}

impl KeyAlgorithm {
    /// Every algorithm, in the order in which a realm makes its keys: quick ones first.
    pub const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Rs256, Self::Ps256];

    /// The registered `alg` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that `alg` value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
    }
}

/// A key's `kid`: its RFC 7638 thumbprint as base64url.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub String);

impl KeyId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A signing key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Row id.
    pub id: Id<SigningKey>,
    /// The realm whose tokens it signs, and nothing else.
    pub realm: Id<Realm>,
    /// Its `kid`.
    pub key_id: KeyId,
    /// What it signs with.
    pub algorithm: KeyAlgorithm,
    /// The public half.
    pub public: PublicJwk,
    /// The private half (PKCS #8 DER), sealed under a data key.
    pub sealed_private: Vec<u8>,
    /// Where it stands.
    pub state: KeyState,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made, which is when it entered the JWKS.
    pub created_at: Timestamp,
}

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Announced, not used yet.
    Next {
        /// When it begins to sign, where somebody decided that; otherwise when the active one
        /// is worn.
        from: Option<Timestamp>,
    },
    /// Signs.
    Active {
        /// Since when.
        since: Timestamp,
    },
    /// Verifies until its last token has expired.
    Retired {
        /// Since when.
        since: Timestamp,
        /// When the last token signed with it is void.
        until: Timestamp,
    },
    /// Verifies nothing any more.
    Removed {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: RemovalReason,
    },
}

/// Why a key was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalReason {
    /// Its time was over.
    Expired,
    /// It may be in wrong hands; tokens signed with it are void.
    Compromised,
}

/// Why a key cannot go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key goes from next to active to retired to removed")]
pub struct TransitionError;

impl SigningKey {
    /// Whether the JWKS shows it.
    pub const fn is_published(&self) -> bool {
        !matches!(self.state, KeyState::Removed { .. })
    }

    /// Whether it signs.
    pub const fn is_active(&self) -> bool {
        matches!(self.state, KeyState::Active { .. })
    }

    /// Whether it is announced and waits to sign.
    pub const fn is_next(&self) -> bool {
        matches!(self.state, KeyState::Next { .. })
    }

    /// Decides when an announced key begins to sign; `None` leaves it to the interval again.
    pub fn schedule(mut self, from: Option<Timestamp>) -> Result<Self, TransitionError> {
        match self.state {
            KeyState::Next { .. } => {
                self.state = KeyState::Next { from };
                Ok(self)
            }
            _ => Err(TransitionError),
        }
    }

    /// Starts signing.
    pub fn activate(mut self, now: Timestamp) -> Result<Self, TransitionError> {
        match self.state {
            KeyState::Next { .. } => {
                self.state = KeyState::Active { since: now };
                Ok(self)
            }
            _ => Err(TransitionError),
        }
    }

    /// Stops signing; verifies until `until`.
    pub fn retire(mut self, now: Timestamp, until: Timestamp) -> Result<Self, TransitionError> {
        match self.state {
            KeyState::Active { .. } => {
                self.state = KeyState::Retired { since: now, until };
                Ok(self)
            }
            _ => Err(TransitionError),
        }
    }

    /// Leaves the JWKS: a retired key whose time is over, one that never signed, or any key
    /// that was compromised.
    pub fn remove(
        mut self,
        now: Timestamp,
        reason: RemovalReason,
    ) -> Result<Self, TransitionError> {
        let may_go = match (self.state, reason) {
            (KeyState::Next { .. }, _) => true,
            (KeyState::Retired { until, .. }, RemovalReason::Expired) => until <= now,
            (KeyState::Removed { .. }, _) | (_, RemovalReason::Expired) => false,
            (_, RemovalReason::Compromised) => true,
        };
        if !may_go {
            return Err(TransitionError);
        }
        self.state = KeyState::Removed { since: now, reason };
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey {
            id: Id::from_u128(1),
            realm: Id::from_u128(2),
            key_id: KeyId("k".to_owned()),
            algorithm: KeyAlgorithm::Es256,
            public: PublicJwk::Ed25519 { x: String::new() },
            sealed_private: Vec::new(),
            state: KeyState::Next { from: None },
            revision: Revision::FIRST,
            created_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn a_key_walks_from_next_to_removed_and_never_back() {
        let at = Timestamp::from_millis;
        let active = key().activate(at(1)).unwrap();
        assert!(active.clone().activate(at(2)).is_err());
        let retired = active.retire(at(2), at(10)).unwrap();
        assert!(retired.clone().activate(at(3)).is_err());
        assert!(
            retired
                .clone()
                .remove(at(9), RemovalReason::Expired)
                .is_err()
        );
        let removed = retired.remove(at(10), RemovalReason::Expired).unwrap();
        assert!(!removed.is_published());
        assert!(removed.remove(at(11), RemovalReason::Compromised).is_err());
    }

    #[test]
    fn only_an_announced_key_waits_for_a_moment_and_goes_without_a_reason() {
        let at = Timestamp::from_millis;
        let waiting = key().schedule(Some(at(5))).unwrap();
        assert_eq!(waiting.state, KeyState::Next { from: Some(at(5)) });
        assert!(
            waiting
                .clone()
                .remove(at(1), RemovalReason::Expired)
                .is_ok()
        );
        let active = waiting.activate(at(5)).unwrap();
        assert!(active.clone().schedule(None).is_err());
        assert!(active.remove(at(6), RemovalReason::Expired).is_err());
    }

    #[test]
    fn a_compromised_key_goes_at_once_from_any_state() {
        let gone = key()
            .remove(Timestamp::EPOCH, RemovalReason::Compromised)
            .unwrap();
        assert!(!gone.is_published());
    }
}
