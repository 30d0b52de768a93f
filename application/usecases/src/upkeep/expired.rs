//! Removes rows whose time is over, in units of a few milliseconds so that nobody waits.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::Timestamp;
use gatelodge_ports::store::Swept;
use gatelodge_ports::{StoreError, UnitOfWork};

use super::budget::{Budget, STEP};
use crate::Foundation;
use crate::revocations::WATERMARKS_KEPT;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What is swept, and how long it is kept after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
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

impl Expired {
    /// Every kind, in the order of the job.
    pub const ALL: [Self; 10] = [
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

    /// Its name: lower case, plural.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::Sessions => "sessions",
            Self::Families => "families",
            Self::Grants => "grants",
            Self::Revocations => "revocations",
            Self::Watermarks => "watermarks",
            Self::Changes => "changes",
            Self::Leases => "leases",
            Self::Throttles => "throttles",
            Self::Messages => "messages",
        }
    }

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
            Self::Tickets => unit.tickets().sweep(before, STEP).await,
            Self::Sessions => unit.sessions().sweep(before, STEP).await,
            Self::Throttles => unit.throttles().sweep(before, STEP).await,
            Self::Families => unit.families().sweep(before, STEP).await,
            Self::Grants => unit.grants().sweep(before, STEP).await,
            Self::Revocations => unit.revocations().sweep(before, STEP).await,
            Self::Watermarks => unit.revocations().sweep_watermarks(before, STEP).await,
            Self::Changes => unit.changes().sweep(before, STEP).await,
            Self::Messages => match unit.outbox().sweep(before, STEP).await {
                Err(StoreError::Unsupported) => Ok(0),
                swept => swept,
            },
            // A store of an earlier release keeps them.
            Self::Leases => match unit.jobs().sweep(before, STEP).await {
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
        for kind in Expired::ALL {
            loop {
                let (rows, swept) = self.unit(kind).await?;
                removed += rows;
                if swept == Swept::Done {
                    break;
                }
            }
        }
        Ok(removed)
    }

    /// One unit: removes rows of one kind until its time is used up; how many, and whether there
    /// may be more.
    pub async fn unit(&self, kind: Expired) -> Result<(u64, Swept), StoreError> {
        let before = self.foundation.clock.now().minus(kind.kept());
        let mut unit = self.foundation.store.write().await?;
        let mut budget = Budget::begin(self.foundation.clock.clone());
        let mut removed = 0;
        let swept = loop {
            let rows = kind.sweep(&mut *unit, before).await?;
            removed += rows;
            if rows < u64::from(STEP) {
                break Swept::Done;
            }
            if !budget.allows_another_step() {
                break Swept::More;
            }
        };
        unit.commit().await?;
        self.foundation.figures.removed.note(kind, removed);
        Ok((removed, swept))
    }
}
