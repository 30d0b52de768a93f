//! HMAC (RFC 2104) under a key that somebody else holds too: codes of authenticator apps. For
//! what is ours alone, [`crate::Vault::mac`] has the keys.

use gatelodge_domain::SecretBytes;
use gatelodge_domain::factor::totp::TotpHash;

/// Computes HMACs. Synchronous: microseconds of work.
pub trait Hmac: Send + Sync {
    /// The HMAC of a message.
    fn hmac(&self, hash: TotpHash, key: &SecretBytes, message: &[u8])
    -> Result<Vec<u8>, HmacError>;
}

/// Why there is no HMAC: the library refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an HMAC was not computed: {0}")]
pub struct HmacError(pub String);
