//! Figures of what use cases do, as plain numbers: whoever shows them reads them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sign_in::SignInError;
use crate::upkeep::Expired;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn add_one(&self) {
        self.add(1);
    }

    /// So many more. Relaxed: no other memory hangs on it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often a cache had what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheFigures {
    /// What it holds.
    pub name: &'static str,
    /// It was there.
    pub hits: u64,
    /// It had to be read from the store.
    pub misses: u64,
}

/// Everything that is counted since the start of the process.
#[derive(Debug, Default)]
pub struct Figures {
    /// Tries of passwords, at the sign-in page and in the password grant.
    pub passwords: PasswordFigures,
    /// Sessions that began, with every factor that was asked for.
    pub sessions: Count,
    /// Rows whose time was over, removed by this node.
    pub removed: RemovedFigures,
}

/// Removed rows by kind.
#[derive(Debug, Default)]
pub struct RemovedFigures([Count; Expired::ALL.len()]);

impl RemovedFigures {
    /// Counts rows that are gone for good.
    pub(crate) fn note(&self, kind: Expired, rows: u64) {
        let of_kind = Expired::ALL
            .iter()
            .zip(&self.0)
            .find(|(of, _)| **of == kind);
        if let Some((_, count)) = of_kind {
            count.add(rows);
        }
    }

    /// Each kind with its count.
    pub fn by_kind(&self) -> [(&'static str, u64); Expired::ALL.len()] {
        let mut counts = Expired::ALL.map(|kind| (kind.name(), 0));
        for ((_, shown), count) in counts.iter_mut().zip(&self.0) {
            *shown = count.get();
        }
        counts
    }
}

/// Tries of passwords by outcome.
#[derive(Debug, Default)]
pub struct PasswordFigures {
    /// It was right, and so was everything else.
    pub proven: Count,
    /// Unknown, wrong, disabled or locked.
    pub refused: Count,
    /// Over the limit; nothing was compared.
    pub throttled: Count,
    /// It could not be tried.
    pub failed: Count,
}

impl PasswordFigures {
    /// Counts a try.
    pub(crate) fn note<T>(&self, result: &Result<T, SignInError>) {
        match result {
            Ok(_) => &self.proven,
            Err(SignInError::WrongCredentials) => &self.refused,
            Err(SignInError::TooMany { .. }) => &self.throttled,
            Err(SignInError::Failed(_)) => &self.failed,
        }
        .add_one();
    }

    /// Each outcome with its count.
    pub fn by_outcome(&self) -> [(&'static str, u64); 4] {
        [
            ("proven", self.proven.get()),
            ("refused", self.refused.get()),
            ("throttled", self.throttled.get()),
            ("failed", self.failed.get()),
        ]
    }
}
