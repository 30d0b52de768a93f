//! Sealing at rest and keyed digests, under data keys that the master key wraps.

use gatelodge_domain::{Digest, SecretBytes};

/// What a keyed digest is for. Each purpose has its own data key, so a digest made for one
/// proves nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKeyPurpose {
    /// AES-256-GCM over rows and pages.
    Sealing,
    /// HMAC-SHA-256 over secrets that are looked up or compared.
    Digests,
    /// HMAC-SHA-256 that makes tokens unforgeable.
    Tokens,
    /// HMAC-SHA-256 over audit seals and unknown names.
    Audit,
}

impl DataKeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Sealing, Self::Digests, Self::Tokens, Self::Audit];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sealing => "sealing",
            Self::Digests => "digests",
            Self::Tokens => "tokens",
            Self::Audit => "audit",
        }
    }

    /// The purpose of that stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

/// Seals, opens and digests. Synchronous: microseconds of work.
pub trait Vault: Send + Sync {
    /// Seals with AES-256-GCM under the sealing key; `place` (`realm|table|row|column`) is
    /// authenticated with it, so a sealed value opens only where it was put.
    fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError>;

    /// Opens what [`Vault::seal`] made for that place.
    fn open(&self, place: &str, sealed: &[u8]) -> Result<SecretBytes, VaultError>;

    /// Seals under a key of the caller (32 bytes), for data that can be forgotten by
    /// destroying that key.
    fn seal_under(
        &self,
        key: &SecretBytes,
        place: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError>;

    /// Opens what [`Vault::seal_under`] made.
    fn open_under(
        &self,
        key: &SecretBytes,
        place: &str,
        sealed: &[u8],
    ) -> Result<SecretBytes, VaultError>;

    /// HMAC-SHA-256 over the parts, each with its length, under the purpose's data key.
    fn mac(&self, purpose: DataKeyPurpose, parts: &[&[u8]]) -> Digest;
}

/// Why nothing was sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It was not sealed here, or not for this place, or was changed.
    #[error("a sealed value does not open")]
    DoesNotOpen,
    /// The library refused.
    #[error("sealing failed: {0}")]
    Failed(String),
}
