//! What background loops did, counted by name. The register is the process's own, like its log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The register of this process.
pub(crate) static ROUNDS: Rounds = Rounds::new();

/// Rounds by the name of their loop.
#[derive(Debug)]
pub(crate) struct Rounds {
    by_job: Mutex<BTreeMap<&'static str, Done>>,
}

/// Rounds of one loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Done {
    /// Those that went well.
    pub(crate) well: u64,
    /// Those that failed.
    pub(crate) failed: u64,
}

impl Rounds {
    const fn new() -> Self {
        Self {
            by_job: Mutex::new(BTreeMap::new()),
        }
    }

    /// Counts a round.
    pub(crate) fn note<T, E>(&self, job: &'static str, result: &Result<T, E>) {
        let mut by_job = self.by_job.lock().unwrap_or_else(PoisonError::into_inner);
        let done = by_job.entry(job).or_default();
        match result {
            Ok(_) => done.well += 1,
            Err(_) => done.failed += 1,
        }
    }

    /// Every loop that made a round.
    pub(crate) fn all(&self) -> Vec<(&'static str, Done)> {
        let by_job = self.by_job.lock().unwrap_or_else(PoisonError::into_inner);
        by_job.iter().map(|(job, done)| (*job, *done)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_counted_by_job_and_outcome() {
        let rounds = Rounds::new();
        rounds.note("sweep", &Ok::<_, ()>(()));
        rounds.note("sweep", &Err::<(), _>(()));
        rounds.note("sweep", &Ok::<_, ()>(()));
        let done = Done { well: 2, failed: 1 };
        assert_eq!(rounds.all(), [("sweep", done)]);
    }
}
