//! How long one unit of a clean-up holds the writer's turn, on rows of years.

use gatelodge_bench_fill::FilledHouse;
use gatelodge_ports::store::Swept;
use gatelodge_usecases::upkeep::{Expired, SweepExpired};
use tokio::time::Instant;

use crate::Failed;

/// What a large house has many of.
pub(crate) const KINDS: [Expired; 4] = [
    Expired::Tickets,
    Expired::Sessions,
    Expired::Families,
    Expired::Grants,
];

/// Removes every dead row of a kind, as the job does; milliseconds of each unit, its COMMIT
/// included, and how many rows there were.
pub(crate) async fn sweep_all(
    house: &FilledHouse,
    kind: Expired,
) -> Result<(Vec<f64>, u64), Failed> {
    let sweep = SweepExpired::new(house.foundation.clone());
    let (mut times, mut rows) = (Vec::new(), 0);
    loop {
        // The turn itself is waited for outside of the measured time: the one before may have
        // left a full log behind.
        drop(house.foundation.store.write().await?);
        let begun = Instant::now();
        let (removed, swept) = sweep.unit(kind).await?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        rows += removed;
        if swept == Swept::Done {
            return Ok((times, rows));
        }
    }
}
