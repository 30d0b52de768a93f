//! What does not work at the moment, told once.
//!
//! A thousand answers of 503 a second have one cause, and an operator needs that cause and not a
//! thousand lines. So failures of one kind that follow each other closely are one episode: the
//! first is a warning with its cause, the rest are counted (and written at `debug`), and when
//! none has come for a while one line says that it is over, how long it took and how many were
//! answered so. `/readyz` names the episodes that are going on.
//!
//! The register is the process's own, like its log: errors are turned into answers in places
//! that have no state at hand.

use core::time::Duration;
use std::error::Error as StdError;
use std::sync::{Mutex, PoisonError};

use gatelodge_ports::{HasherError, StoreError};
use tokio::time::Instant;

/// An episode without a failure for so long is over.
const QUIET: Duration = Duration::from_secs(5);

/// The register of this process.
pub static TROUBLES: Troubles = Troubles::new();

/// A reason why requests are answered with 503, or not at all for the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// More requests at a time than are worked on.
    Crowded,
    /// More passwords to hash than may wait.
    HashingFull,
    /// The storage is locked, or gives no turn in time.
    StorageBusy,
    /// The storage is full, unreachable or broken.
    StorageFails,
    /// A request took longer than any may.
    TooSlow,
    /// A port holds as many connections as it may; others wait in the system's queue.
    ConnectionsTaken,
}

impl Trouble {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Crowded,
        Self::HashingFull,
        Self::StorageBusy,
        Self::StorageFails,
        Self::TooSlow,
        Self::ConnectionsTaken,
    ];

    /// What goes wrong, in words that anybody may read.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Crowded => "there are more requests than can be worked on",
            Self::HashingFull => "there are more passwords to hash than may wait",
            Self::StorageBusy => "the storage is locked or does not keep up",
            Self::StorageFails => "the storage refuses some of the work",
            Self::TooSlow => "some requests take too long",
            Self::ConnectionsTaken => "all connections that may be open are taken",
        }
    }

    /// The kind of a failure that may pass.
    pub fn of(failure: &(dyn StdError + Send + Sync + 'static)) -> Self {
        if let Some(HasherError::Busy) = failure.downcast_ref() {
            return Self::HashingFull;
        }
        match failure.downcast_ref() {
            Some(StoreError::Contended) => Self::StorageBusy,
            _ => Self::StorageFails,
        }
    }
}

/// Failures of one kind that follow each other.
#[derive(Debug, Clone, Copy)]
struct Episode {
    began: Instant,
    last: Instant,
    count: u64,
}

/// An episode that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// Of which kind.
    pub trouble: Trouble,
    /// From its first failure to its last.
    pub lasted: Duration,
    /// How many requests were answered so; of [`Trouble::ConnectionsTaken`], how often it was
    /// seen.
    pub count: u64,
}

/// The episodes of a process.
#[derive(Debug)]
pub struct Troubles {
    episodes: [Mutex<Option<Episode>>; Trouble::ALL.len()],
}

impl Default for Troubles {
    fn default() -> Self {
        Self::new()
    }
}

impl Troubles {
    /// None yet.
    pub const fn new() -> Self {
        Self {
            episodes: [const { Mutex::new(None) }; Trouble::ALL.len()],
        }
    }

    /// Counts a failure and writes it: the first of an episode as a warning, with its cause.
    pub fn note(&self, trouble: Trouble, incident: &str, cause: &str) {
        let what = trouble.sentence();
        if self.is_first(trouble, Instant::now()) {
            tracing::warn!(
                incident,
                cause,
                "{what}: answering with 503 until that is over"
            );
        } else {
            tracing::debug!(incident, cause, "{what}");
        }
    }

    /// Writes of a trouble that makes nobody an answer that it goes on: the first time in an
    /// episode, as a warning. To be called about once a second while it does.
    pub fn see(&self, trouble: Trouble) {
        if self.is_first(trouble, Instant::now()) {
            let what = trouble.sentence();
            tracing::warn!("{what}: others wait until that is over");
        }
    }

    /// The kinds that are going on.
    pub fn present(&self) -> Vec<Trouble> {
        self.present_at(Instant::now())
    }

    /// Ends what has been quiet and says so. To be called about once a second.
    pub fn tell_what_is_over(&self) {
        for over in self.end_quiet(Instant::now()) {
            let what = over.trouble.sentence();
            let (answers, seconds) = (over.count, over.lasted.as_secs());
            if over.trouble == Trouble::ConnectionsTaken {
                tracing::info!(seconds, "over: {what}");
            } else {
                tracing::info!(answers, seconds, "over: {what}");
            }
        }
    }

    fn is_first(&self, trouble: Trouble, now: Instant) -> bool {
        let mut slot = self.slot(trouble);
        match &mut *slot {
            Some(episode) if now < episode.last + QUIET => {
                episode.last = now;
                episode.count += 1;
                false
            }
            // Where nobody calls for the end, a new one begins over an old one.
            other => {
                *other = Some(Episode {
                    began: now,
                    last: now,
                    count: 1,
                });
                true
            }
        }
    }

    fn present_at(&self, now: Instant) -> Vec<Trouble> {
        let goes_on = |trouble: &Trouble| {
            let episode = *self.slot(*trouble);
            episode.is_some_and(|episode| now < episode.last + QUIET)
        };
        Trouble::ALL.into_iter().filter(goes_on).collect()
    }

    fn end_quiet(&self, now: Instant) -> Vec<Over> {
        let ended = |trouble: Trouble| {
            let mut slot = self.slot(trouble);
            let episode = (*slot).filter(|episode| now >= episode.last + QUIET)?;
            *slot = None;
            Some(Over {
                trouble,
                lasted: episode.last - episode.began,
                count: episode.count,
            })
        };
        Trouble::ALL.into_iter().filter_map(ended).collect()
    }

    fn slot(&self, trouble: Trouble) -> std::sync::MutexGuard<'_, Option<Episode>> {
        self.episodes[trouble as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_follow_each_other_are_one_episode() {
        let troubles = Troubles::new();
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        assert!(troubles.is_first(Trouble::StorageFails, at(0)));
        assert!(!troubles.is_first(Trouble::StorageFails, at(4)));
        assert!(!troubles.is_first(Trouble::StorageFails, at(8)));
        assert!(
            troubles.is_first(Trouble::Crowded, at(8)),
            "another kind is another"
        );
        assert_eq!(
            troubles.present_at(at(9)),
            [Trouble::Crowded, Trouble::StorageFails]
        );
        assert_eq!(troubles.end_quiet(at(9)), []);
    }

    #[test]
    fn an_episode_is_over_when_it_has_been_quiet_and_is_told_once() {
        let troubles = Troubles::new();
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        for second in [0, 1, 2] {
            let _ = troubles.is_first(Trouble::HashingFull, at(second));
        }
        let over = Over {
            trouble: Trouble::HashingFull,
            lasted: Duration::from_secs(2),
            count: 3,
        };
        assert_eq!(troubles.end_quiet(at(7)), [over]);
        assert_eq!(troubles.end_quiet(at(8)), []);
        assert_eq!(troubles.present_at(at(8)), []);
        assert!(troubles.is_first(Trouble::HashingFull, at(8)));
    }

    #[test]
    fn kinds_are_told_apart_by_what_failed() {
        assert_eq!(Trouble::of(&HasherError::Busy), Trouble::HashingFull);
        assert_eq!(Trouble::of(&StoreError::Contended), Trouble::StorageBusy);
        let full = StoreError::unavailable("database or disk is full");
        assert_eq!(Trouble::of(&full), Trouble::StorageFails);
    }

    #[test]
    fn every_kind_has_its_own_place() {
        for (place, trouble) in Trouble::ALL.into_iter().enumerate() {
            assert_eq!(trouble as usize, place);
        }
    }
}
