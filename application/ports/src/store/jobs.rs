//! Leases of background jobs, so that each runs on one node at a time.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;

use crate::StoreError;

/// A try to hold a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It is ours until the time asked for.
    Held,
    /// Somebody else has it.
    Taken,
}

/// Job leases.
#[async_trait]
pub trait Jobs: Send {
    /// Takes or prolongs the lease of a job for that holder, where it is free, expired or ours.
    async fn lease(
        &mut self,
        job: &str,
        holder: u128,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError>;

    /// Gives it back, if it is ours.
    async fn release(&mut self, job: &str, holder: u128) -> Result<(), StoreError>;

    /// How many leases of jobs whose names begin like that have not ended.
    async fn count(&mut self, prefix: &str, now: Timestamp) -> Result<u64, StoreError> {
        let _ = (prefix, now);
        Err(StoreError::Unsupported)
    }

    /// Removes at most `limit` leases that ended before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let _ = (before, limit);
        Err(StoreError::Unsupported)
    }
}
