//! The MAC that authenticates seals.

use std::sync::Arc;

use gatelodge_domain::Digest;
use gatelodge_domain::audit::SealBody;
use gatelodge_ports::Vault;
use gatelodge_ports::store::SealKey;
use gatelodge_ports::vault::DataKeyPurpose;

/// The MAC of a seal: HMAC-SHA-256 under the audit data key.
pub fn seal_mac(vault: &dyn Vault, body: &SealBody) -> Digest {
    vault.mac(DataKeyPurpose::Audit, &[b"seal", &body.to_bytes()])
}

/// The same, to be handed to the store before its first event.
pub fn seal_key(vault: Arc<dyn Vault>) -> SealKey {
    Arc::new(move |body: &SealBody| seal_mac(&*vault, body))
}
