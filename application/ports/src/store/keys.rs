//! Signing keys.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, SigningKey};

use crate::StoreError;

/// Reads signing keys.
#[async_trait]
pub trait FindSigningKeys: Send {
    /// Every key of a realm in any state, by row id. A realm has a handful.
    async fn list(&mut self, realm: Id<Realm>) -> Result<Vec<SigningKey>, StoreError>;

    /// One key.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<SigningKey>,
    ) -> Result<Option<SigningKey>, StoreError>;
}

/// Writes signing keys.
#[async_trait]
pub trait SigningKeys: FindSigningKeys {
    /// Adds one.
    async fn insert(&mut self, key: &SigningKey) -> Result<(), StoreError>;

    /// Writes the state (and, when removed, an empty private half) where the stored revision is
    /// `key.revision`, and counts it up; `Stale` otherwise.
    async fn update(&mut self, key: &SigningKey) -> Result<SigningKey, StoreError>;
}
