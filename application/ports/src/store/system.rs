//! Facts about the store itself: issuers, the master key's check value.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;

use crate::StoreError;

/// Reads facts.
#[async_trait]
pub trait FindSystem: Send {
    /// The fact of that name.
    async fn find(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The time of the store's own clock, where it is on another machine and has one; for
    /// comparing ours with it.
    async fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}

/// Writes facts.
#[async_trait]
pub trait System: FindSystem {
    /// Writes a fact that must not exist yet; [`StoreError::Duplicate`] otherwise.
    async fn insert(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Writes or overwrites a fact.
    async fn put(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError>;
}
