//! What makes access tokens void before their `exp`.

use async_trait::async_trait;
use gatelodge_domain::revocation::TokenFacts;
use gatelodge_domain::{Id, Realm, Revocation, Timestamp, Watermark};

use crate::StoreError;

/// Reads revocations.
#[async_trait]
pub trait FindRevocations: Send {
    /// Every entry that still matters at `now`, of every realm; for the in-memory set.
    async fn list(&mut self, now: Timestamp) -> Result<Vec<Revocation>, StoreError>;

    /// Every watermark, of every realm.
    async fn list_watermarks(&mut self) -> Result<Vec<Watermark>, StoreError>;

    /// Asks the database about one token, for a node whose set may be behind.
    async fn is_revoked(&mut self, token: &TokenFacts, now: Timestamp) -> Result<bool, StoreError>;
}

/// Writes revocations.
#[async_trait]
pub trait Revocations: FindRevocations {
    /// Adds an entry, or moves the `until` of an equal one later.
    async fn add(&mut self, revocation: Revocation) -> Result<(), StoreError>;

    /// Sets a watermark, or moves an older one forward; never back.
    async fn raise(&mut self, watermark: Watermark) -> Result<(), StoreError>;

    /// Removes at most `limit` entries whose `until` is before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;

    /// Removes at most `limit` watermarks that void only what was made before then: nothing of
    /// that age may be alive any more.
    async fn sweep_watermarks(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;

    /// Every watermark set for that realm is dropped with it.
    async fn forget(&mut self, realm: Id<Realm>) -> Result<(), StoreError>;
}
