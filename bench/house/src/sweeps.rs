//! How long one batch of a clean-up holds the writer's turn, on rows of years.

use std::time::Duration;

use gatelodge_bench_fill::FilledHouse;
use gatelodge_domain::Timestamp;
use gatelodge_ports::{StoreError, UnitOfWork};
use tokio::time::Instant;

use crate::Failed;

/// As `upkeep::SweepExpired` asks for.
const BATCH: u16 = 200;
/// Longer ago than anything dead is kept, and nothing that lives.
const KEPT: Duration = Duration::from_hours(24 * 8);

/// What is swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Authorization codes and their like.
    Tickets,
    /// Browser sign-ins.
    Sessions,
    /// Refresh families.
    Families,
    /// Authorizations.
    Grants,
}

impl Kind {
    /// Every kind, in the order of the job.
    pub(crate) const ALL: [Self; 4] = [Self::Tickets, Self::Sessions, Self::Families, Self::Grants];

    /// Its name in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::Sessions => "sessions",
            Self::Families => "families",
            Self::Grants => "grants",
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
            Self::Families => unit.families().sweep(before, BATCH).await,
            Self::Grants => unit.grants().sweep(before, BATCH).await,
        }
    }
}

/// Removes every dead row of a kind; milliseconds of each batch, its COMMIT included, and how
/// many rows there were.
pub(crate) async fn sweep_all(house: &FilledHouse, kind: Kind) -> Result<(Vec<f64>, u64), Failed> {
    let foundation = &house.foundation;
    let before = foundation.clock.now().minus(KEPT);
    let (mut times, mut rows) = (Vec::new(), 0);
    loop {
        let mut unit = foundation.store.write().await?;
        let begun = Instant::now();
        let removed = kind.sweep(&mut *unit, before).await?;
        unit.commit().await?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        rows += removed;
        if removed < u64::from(BATCH) {
            return Ok((times, rows));
        }
    }
}
