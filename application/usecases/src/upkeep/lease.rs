//! A job that runs on one node at a time, by a lease in the store.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_ports::StoreError;
use gatelodge_ports::store::Lease;

use crate::Foundation;

/// One process's hold on jobs.
pub struct JobLease {
    foundation: Arc<Foundation>,
    holder: u128,
}

impl JobLease {
    /// A holder of its own name.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        let holder = u128::from_be_bytes(foundation.rng.bytes());
        Self { foundation, holder }
    }

    /// Takes or prolongs a job for that long; `Taken` where another process has it.
    pub async fn take(&self, job: &str, period: Duration) -> Result<Lease, StoreError> {
        let now = self.foundation.clock.now();
        let mut unit = self.foundation.store.write().await?;
        let lease = unit
            .jobs()
            .lease(job, self.holder, now, now.plus(period))
            .await?;
        unit.commit().await?;
        Ok(lease)
    }

    /// Gives a job back, so that another process need not wait for the lease to end.
    pub async fn release(&self, job: &str) -> Result<(), StoreError> {
        let mut unit = self.foundation.store.write().await?;
        unit.jobs().release(job, self.holder).await?;
        unit.commit().await
    }
}
