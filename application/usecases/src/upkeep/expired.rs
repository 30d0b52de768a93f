//! Removes rows whose time is over, in units of a few milliseconds so that nobody waits.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::Timestamp;
use gatelodge_ports::{StoreError, UnitOfWork};

use crate::Foundation;
use crate::revocations::WATERMARKS_KEPT;

/// Rows that one unit removes of one kind.
const BATCH: u16 = 200;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What is swept, and how long it is kept after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Kept for an hour, so that a late replay is still recognised.
    Tickets,
    /// Kept for a week, for whoever asks what happened.
    Sessions,
    /// Forgotten by themselves.
    Throttles,
    /// As long as sessions.
    Families,
    /// As long as sessions.
    Grants,
    /// Void tokens expired by themselves.
    Revocations,
    /// What they voided expired by itself, also what was made by a clock that is ahead.
    Watermarks,
    /// No node is a day behind.
    Changes,
    /// Of nodes that died; kept for a day, for whoever wonders.
    Leases,
    /// That nobody takes any more: of a house that cannot send, or of a release that is gone.
    /// Whoever sends has given up long before.
    Messages,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Tickets,
        Self::Sessions,
        Self::Throttles,
        Self::Families,
        Self::Grants,
        Self::Revocations,
        Self::Watermarks,
        Self::Changes,
        Self::Leases,
        Self::Messages,
    ];

    const fn kept(self) -> Duration {
        match self {
            Self::Tickets => HOUR,
            Self::Sessions | Self::Families | Self::Grants => Duration::from_hours(7 * 24),
            Self::Revocations | Self::Throttles => Duration::ZERO,
            Self::Watermarks => WATERMARKS_KEPT,
            Self::Changes | Self::Leases => DAY,
            Self::Messages => Duration::from_hours(48),
        }
    }

    async fn sweep(
        self,
        unit: &mut (dyn UnitOfWork + '_),
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        match self {
            Self::Tickets => unit.tickets().sweep(before, BATCH).await,
            Self::Sessions => unit.sessions().sweep(before, BATCH).await,
            Self::Throttles => unit.throttles().sweep(before, BATCH).await,
            Self::Families => unit.families().sweep(before, BATCH).await,
            Self::Grants => unit.grants().sweep(before, BATCH).await,
            Self::Revocations => unit.revocations().sweep(before, BATCH).await,
            Self::Watermarks => unit.revocations().sweep_watermarks(before, BATCH).await,
            Self::Changes => unit.changes().sweep(before, BATCH).await,
            Self::Messages => match unit.outbox().sweep(before, BATCH).await {
                Err(StoreError::Unsupported) => Ok(0),
                swept => swept,
            },
            // A store of an earlier release keeps them.
            Self::Leases => match unit.jobs().sweep(before, BATCH).await {
                Err(StoreError::Unsupported) => Ok(0),
                swept => swept,
            },
        }
    }
}

/// Removes what expired.
pub struct SweepExpired {
    foundation: Arc<Foundation>,
}

impl SweepExpired {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Removes everything whose time is over, and counts it. Memory forgets its revocations
    /// too.
    pub async fn run(&self) -> Result<u64, StoreError> {
        let now = self.foundation.clock.now();
        self.foundation.revocations.forget_expired(now);
        let mut removed = 0;
        for kind in Kind::ALL {
            let before = now.minus(kind.kept());
            loop {
                let mut unit = self.foundation.store.write().await?;
                let batch = kind.sweep(&mut *unit, before).await?;
                unit.commit().await?;
                removed += batch;
                if batch < u64::from(BATCH) {
                    break;
                }
            }
        }
        Ok(removed)
    }
}
