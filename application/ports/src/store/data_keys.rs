//! Data keys, wrapped by the master key.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;

use crate::StoreError;
use crate::vault::DataKeyPurpose;

/// A data key as it is stored. Its key is purpose and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedDataKey {
    /// What it is for.
    pub purpose: DataKeyPurpose,
    /// From 1; the highest one is used for new work.
    pub version: u32,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Reads data keys.
#[async_trait]
pub trait FindDataKeys: Send {
    /// All of them, by purpose and version.
    async fn list(&mut self) -> Result<Vec<WrappedDataKey>, StoreError>;
}

/// Writes data keys.
#[async_trait]
pub trait DataKeys: FindDataKeys {
    /// Adds one.
    async fn insert(&mut self, key: &WrappedDataKey) -> Result<(), StoreError>;

    /// Replaces the wrapped bytes of one, when the master key changes.
    async fn rewrap(&mut self, key: &WrappedDataKey) -> Result<(), StoreError>;
}
