//! Figures of what use cases do, as plain numbers: whoever shows them reads them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gatelodge_domain::Timestamp;

use crate::mfa::{FactorAnswer, ProveError};
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
    /// Tries of second factors, at the sign-in and while signed in.
    pub factors: FactorFigures,
    /// What sinks of the audit trail got from this node.
    pub sinks: SinkFigures,
    /// Sessions that began, with every factor that was asked for.
    pub sessions: Count,
    /// Rows whose time was over, removed by this node.
    pub removed: RemovedFigures,
    /// Events of the audit trail that this node removed under retention.
    pub events_removed: Count,
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

/// Tries of second factors by what was typed and by outcome.
#[derive(Debug, Default)]
pub struct FactorFigures {
    codes: FactorOutcomes,
    recovery_codes: FactorOutcomes,
}

/// Tries by outcome.
#[derive(Debug, Default)]
struct FactorOutcomes {
    /// It was right, and nobody else had used it.
    proven: Count,
    /// Wrong, too old or used.
    refused: Count,
    /// Over the limit; nothing was compared.
    throttled: Count,
    /// Wrong once more than the sign-in allows.
    over: Count,
    /// It could not be tried.
    failed: Count,
}

impl FactorFigures {
    /// Counts a try.
    pub(crate) fn note<T>(&self, answer: FactorAnswer<'_>, result: &Result<T, ProveError>) {
        let outcomes = match answer {
            FactorAnswer::Code(_) => &self.codes,
            FactorAnswer::RecoveryCode(_) => &self.recovery_codes,
        };
        match result {
            Ok(_) => &outcomes.proven,
            Err(ProveError::Wrong) => &outcomes.refused,
            Err(ProveError::TooMany { .. }) => &outcomes.throttled,
            Err(ProveError::Over) => &outcomes.over,
            Err(ProveError::Failed(_)) => &outcomes.failed,
        }
        .add_one();
    }

    /// Each kind and outcome with its count.
    pub fn by_kind_and_outcome(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let kinds = [
            ("code", &self.codes),
            ("recovery_code", &self.recovery_codes),
        ];
        kinds.into_iter().flat_map(|(kind, of)| {
            [
                (kind, "proven", of.proven.get()),
                (kind, "refused", of.refused.get()),
                (kind, "throttled", of.throttled.get()),
                (kind, "over", of.over.get()),
                (kind, "failed", of.failed.get()),
            ]
        })
    }
}

/// Sinks of the audit trail, as this node feeds them.
#[derive(Debug, Default)]
pub struct SinkFigures(Mutex<BTreeMap<&'static str, Arc<SinkCounts>>>);

/// What one sink got.
#[derive(Debug, Default)]
pub(crate) struct SinkCounts {
    delivered: Count,
    failures: Count,
    lag: Mutex<Option<Lag>>,
}

/// How far a sink is behind the seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Sealed events that it has not got.
    pub events: u64,
    /// When it last had everything, or was first looked at; `None` while it has.
    pub since: Option<Timestamp>,
}

/// A sink at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinkReading {
    /// Its name.
    pub name: &'static str,
    /// Records that it took.
    pub delivered: u64,
    /// Rounds in which it did not take any.
    pub failures: u64,
    /// How far it is behind; `None` at a node that does not feed it.
    pub lag: Option<Lag>,
}

impl SinkFigures {
    /// The counts of a sink of that name.
    pub(crate) fn of(&self, name: &'static str) -> Arc<SinkCounts> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(name).or_default().clone()
    }

    /// Every sink.
    pub fn all(&self) -> Vec<SinkReading> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .map(|(name, counts)| SinkReading {
                name,
                delivered: counts.delivered.get(),
                failures: counts.failures.get(),
                lag: *counts.lag(),
            })
            .collect()
    }
}

impl SinkCounts {
    fn lag(&self) -> std::sync::MutexGuard<'_, Option<Lag>> {
        self.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It took so many.
    pub(crate) fn took(&self, records: usize) {
        self.delivered.add(records as u64);
    }

    /// A round went wrong.
    pub(crate) fn failed(&self) {
        self.failures.add_one();
    }

    /// It is so many events behind.
    pub(crate) fn is_behind(&self, events: u64, now: Timestamp) {
        let mut lag = self.lag();
        let since = lag.and_then(|lag| lag.since).unwrap_or(now);
        *lag = Some(Lag {
            events,
            since: (events > 0).then_some(since),
        });
    }

    /// Another node feeds it.
    pub(crate) fn is_anothers(&self) {
        *self.lag() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sinks_lag_is_as_old_as_the_moment_when_it_had_everything() {
        let sinks = SinkFigures::default();
        let at = Timestamp::from_seconds;
        let counts = sinks.of("file");
        let lag = || sinks.all()[0].lag.map(|lag| (lag.events, lag.since));
        assert_eq!(lag(), None);
        counts.is_behind(0, at(10));
        assert_eq!(lag(), Some((0, None)));
        counts.is_behind(3, at(20));
        counts.is_behind(7, at(30));
        assert_eq!(lag(), Some((7, Some(at(20)))));
        counts.is_behind(0, at(40));
        assert_eq!(lag(), Some((0, None)));
        counts.is_anothers();
        counts.took(7);
        sinks.of("file").failed();
        let [file] = sinks.all()[..] else {
            panic!("one sink");
        };
        assert_eq!((file.delivered, file.failures, file.lag), (7, 1, None));
    }
}
