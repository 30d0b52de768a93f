//! The master key: it wraps data keys and nothing else.

use gatelodge_domain::{Digest, SecretBytes};

use crate::VaultError;

/// Wraps and unwraps data keys. Held by start-up and `keys` commands only.
pub trait MasterKey: Send + Sync {
    /// Wraps a data key (32 bytes); `label` is authenticated with it.
    fn wrap(&self, label: &str, key: &SecretBytes) -> Result<Vec<u8>, VaultError>;

    /// Unwraps it.
    fn unwrap_key(&self, label: &str, wrapped: &[u8]) -> Result<SecretBytes, VaultError>;

    /// A value that tells this key from another without telling anything else; the store keeps
    /// it, and a mismatch is the one clear line of a wrong key.
    fn check_value(&self) -> Digest;
}
