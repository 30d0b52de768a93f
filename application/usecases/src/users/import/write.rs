//! Writing who was made ready, a few to a unit.

use core::time::Duration;

use gatelodge_ports::store::Change;

use super::{Import, LineOutcome, Ready};
use crate::admin::{AdminError, Work};
use crate::users::AdministerUsers;
use crate::{Failure, Foundation};

/// How long the others who write may be kept waiting.
const TURN: Duration = Duration::from_millis(20);
/// The most lines of one unit, however fast they are.
const MOST_IN_A_UNIT: usize = 64;

/// Lines of the next unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace(usize);

impl Pace {
    /// Of an import that begins.
    pub(super) const fn new() -> Self {
        Self(8)
    }

    /// How many lines.
    pub(super) const fn lines(self) -> usize {
        self.0
    }

    /// After a unit that took so long.
    fn after(self, took: Duration) -> Self {
        if took > TURN {
            Self((self.0 / 2).max(1))
        } else if took < TURN / 3 {
            Self((self.0 * 2).min(MOST_IN_A_UNIT))
        } else {
            self
        }
    }
}

impl AdministerUsers {
    /// Writes who waits, and paces the next unit by how long this one took.
    pub(super) async fn write(
        &self,
        import: &mut Import,
        waiting: &mut Vec<(usize, Ready)>,
        outcomes: &mut [LineOutcome],
    ) -> Result<(), Failure> {
        if waiting.is_empty() {
            return Ok(());
        }
        let batch = core::mem::take(waiting);
        let foundation = &self.foundation;
        let began = foundation.clock.now();
        let written = insert(foundation, &batch).await;
        import.pace = import.pace.after(foundation.clock.now().since(began));
        match written {
            Ok(()) => return Ok(()),
            // Somebody took a name, or removed a role, since it was looked for: each on its own,
            // to see whom it concerns.
            Err(AdminError::Refused(_)) => {}
            Err(AdminError::Failed(failure)) => return Err(failure),
        }
        for one in batch {
            let refusal = match insert(foundation, core::slice::from_ref(&one)).await {
                Ok(()) => continue,
                Err(AdminError::Refused(refusal)) => refusal,
                Err(AdminError::Failed(failure)) => return Err(failure),
            };
            if let Some(outcome) = outcomes.get_mut(one.0) {
                *outcome = LineOutcome::Refused(refusal);
            }
        }
        Ok(())
    }
}

async fn insert(foundation: &Foundation, batch: &[(usize, Ready)]) -> Result<(), AdminError> {
    let now = foundation.clock.now();
    let mut work = Work::open(foundation, now).await?;
    let mut events = Vec::with_capacity(batch.len());
    for (_, ready) in batch {
        let (realm, id) = (ready.user.realm, ready.user.id);
        work.unit.users().insert(&ready.user).await?;
        work.unit
            .subject_keys()
            .insert(realm, id, &ready.subject_key)
            .await?;
        if let Some(credential) = &ready.credential {
            work.unit.passwords().put(credential).await?;
        }
        events.push(ready.event.clone());
        events.append(&mut ready.turns.write(&mut work, (realm, id)).await?);
        work.note(Change::User(realm, id)).await?;
    }
    Ok(work.commit(&events).await?)
}
