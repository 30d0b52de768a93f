//! Uses of sessions that wait to be noted together.
//!
//! When a session was last used decides about its idle end, hours later, and nothing else; so a
//! request that merely shows its cookie does not wait for a COMMIT of its own. What a crash
//! forgets is a second of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gatelodge_domain::{Id, Realm, Session, Timestamp};

/// Memory is bounded: beyond it a use is not noted, and the next one of the session is.
const BOUND: usize = 20_000;

/// A session, and when it was used.
pub type Touch = (Id<Realm>, Id<Session>, Timestamp);

/// Uses that nobody has written yet, the latest of each session.
#[derive(Debug, Default)]
pub struct Touches(Mutex<Noted>);

type Noted = HashMap<(Id<Realm>, Id<Session>), Timestamp>;

impl Touches {
    /// Keeps a use for the next round.
    pub fn note(&self, (realm, session, at): Touch) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(noted) = waiting.get_mut(&(realm, session)) {
            *noted = at.max(*noted);
        } else if waiting.len() < BOUND {
            waiting.insert((realm, session), at);
        }
    }

    /// Takes what waits, in the order of its sessions.
    pub fn take(&self) -> Vec<Touch> {
        let waiting = core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut touches: Vec<Touch> = waiting
            .into_iter()
            .map(|((realm, session), at)| (realm, session, at))
            .collect();
        touches.sort_unstable();
        touches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(session: u128, at: i64) -> Touch {
        (
            Id::from_u128(1),
            Id::from_u128(session),
            Timestamp::from_millis(at),
        )
    }

    #[test]
    fn the_latest_use_of_each_session_is_kept_once() {
        let touches = Touches::default();
        for (session, at) in [(2, 5), (1, 7), (2, 9), (2, 8)] {
            touches.note(touch(session, at));
        }
        assert_eq!(touches.take(), [touch(1, 7), touch(2, 9)]);
        assert_eq!(touches.take(), []);
    }

    #[test]
    fn they_never_take_more_than_their_bound() {
        let touches = Touches::default();
        for session in 0..BOUND as u128 + 10 {
            touches.note(touch(session, 1));
        }
        touches.note(touch(0, 2));
        let taken = touches.take();
        assert_eq!(taken.len(), BOUND);
        assert_eq!(taken[0], touch(0, 2));
    }
}
