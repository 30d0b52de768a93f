//! The digest that stands for a client secret in storage.

use gatelodge_domain::{Client, Digest, Id, Realm, Timestamp};
use gatelodge_ports::Vault;
use gatelodge_ports::vault::DataKeyPurpose;

use super::{PresentedClient, Proof};
use crate::Foundation;

/// What is stored and compared in place of a client secret: HMAC-SHA-256 under the data key for
/// digests, bound to the realm. Whoever registers a client or adds a secret stores this.
pub fn client_secret_digest(vault: &dyn Vault, realm: Id<Realm>, secret: &str) -> Digest {
    vault.mac(
        DataKeyPurpose::Digests,
        &[b"client_secret", &realm.to_bytes(), secret.as_bytes()],
    )
}

/// Compares with every live secret, without stopping at the first that fits.
pub(super) fn prove_secret(
    foundation: &Foundation,
    client: &Client,
    presented: &PresentedClient,
    now: Timestamp,
) -> Proof {
    let Some(secret) = &presented.secret else {
        return Proof::Wrong;
    };
    let digest = client_secret_digest(&*foundation.vault, client.realm, secret.expose());
    // `Digest` compares in constant time.
    let fitting = client
        .live_secrets(now)
        .filter(|live| live.digest == digest)
        .count();
    if fitting > 0 {
        Proof::Given
    } else {
        Proof::Wrong
    }
}
