//! Repeated refusals: the first is an event at once; the same one again within the minute is
//! counted beside the trail and becomes one further event with a count, so that a flood of
//! failures cannot fill the disk. No event is rewritten.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gatelodge_domain::audit::{AuditAction, AuditActor};
use gatelodge_domain::{Id, Realm, Timestamp};

const WINDOW: Duration = Duration::from_mins(1);
const BOUND: usize = 10_000;

/// What makes two refusals the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefusalKey {
    /// The realm.
    pub realm: Id<Realm>,
    /// Who was refused.
    pub actor: AuditActor,
    /// What they tried.
    pub action: AuditAction,
    /// On what, and from where: any text that tells one from another.
    pub what: String,
    /// Why.
    pub reason: &'static str,
}

/// Whether a refusal is an event of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Write it.
    First,
    /// It was counted.
    Counted,
}

/// Counts repeats.
#[derive(Default)]
pub struct Refusals(Mutex<HashMap<RefusalKey, (Timestamp, u32)>>);

impl Refusals {
    /// Whether this refusal opens a window or falls into one.
    pub fn admit(&self, key: RefusalKey, now: Timestamp) -> Repeat {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Beyond the bound each is an event: losing one would be worse than writing many.
        if windows.len() >= BOUND && !windows.contains_key(&key) {
            return Repeat::First;
        }
        if let Some((_, count)) = windows.get_mut(&key) {
            *count += 1;
            return Repeat::Counted;
        }
        windows.insert(key, (now, 0));
        Repeat::First
    }

    /// Takes the windows that have closed, with how often each was repeated.
    pub fn take_closed(&self, now: Timestamp) -> Vec<(RefusalKey, u32)> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut closed = Vec::new();
        windows.retain(|key, (opened, count)| {
            let open = now < opened.plus(WINDOW);
            if !open && *count > 0 {
                closed.push((key.clone(), *count));
            }
            open
        });
        closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_refusal_is_written_and_repeats_become_one_count() {
        let refusals = Refusals::default();
        let key = || RefusalKey {
            realm: Id::from_u128(1),
            actor: AuditActor::Anonymous,
            action: AuditAction::SignIn,
            what: "ada".to_owned(),
            reason: "invalid_credentials",
        };
        let at = Timestamp::from_seconds;
        assert_eq!(refusals.admit(key(), at(0)), Repeat::First);
        assert_eq!(refusals.admit(key(), at(1)), Repeat::Counted);
        assert_eq!(refusals.admit(key(), at(59)), Repeat::Counted);
        assert!(refusals.take_closed(at(59)).is_empty());
        assert_eq!(refusals.take_closed(at(60)), vec![(key(), 2)]);
        assert_eq!(refusals.admit(key(), at(61)), Repeat::First);
    }
}
