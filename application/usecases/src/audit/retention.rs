//! Giving up the beginning of the trail once it is old enough.
//!
//! Only whole sealed ranges go, oldest first, and only ranges of which every event is older than
//! the time that events are kept: one younger event ends it, for the trail has no holes. What is
//! given up is declared first, in one unit with an event of the trail ([`Floor`]); then it is
//! removed, a few hundred rows at a time. Whatever happens in between, the trail verifies, and
//! the next round goes on.
//!
//! The newest seal always stays, because the chain goes on from it.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, RealmSlug, Seal, Timestamp};
use gatelodge_ports::store::Lock;
use serde_json::json;

use super::floor::{FACT, Floor, StoredFloor, stored_floor};
use super::verify::hexadecimal;
use super::{Entry, RequestFacts};
use crate::{Failure, Foundation};

/// Events that one unit removes, or those of one seal; a turn of some milliseconds.
const BATCH: u64 = 200;
/// Events that are looked at in one round.
const ROUND: u64 = 50_000;
const PAGE: u16 = 200;

/// Gives up what is old.
pub struct RemoveOldEvents {
    foundation: Arc<Foundation>,
    actor: AuditActor,
}

/// What a round removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Events that are gone.
    pub events: u64,
    /// Whether there was more to look at than one round does.
    pub more: bool,
}

/// What a round declares.
struct Plan {
    through: Seal,
    first: u64,
    events: u64,
    /// Whether it ends where a round does.
    more: bool,
}

impl RemoveOldEvents {
    /// Over a house, on whose behalf it is.
    pub fn new(foundation: Arc<Foundation>, actor: AuditActor) -> Self {
        Self { foundation, actor }
    }

    /// Removes what a round declared before it was interrupted, then declares and removes what
    /// is older than that.
    pub async fn run(&self, before: Timestamp) -> Result<Removed, Failure> {
        let mut removed = Removed::default();
        let floor = self.floor().await?;
        if let Some(floor) = floor {
            removed.events += self.remove_up_to(&floor).await?;
        }
        if let Some(plan) = self.plan(floor, before).await?
            && let Some(floor) = self.declare(floor, &plan, before).await?
        {
            removed.events += self.remove_up_to(&floor).await?;
            removed.more = plan.more;
        }
        Ok(removed)
    }

    async fn floor(&self) -> Result<Option<Floor>, Failure> {
        let mut view = self.foundation.store.read().await?;
        let stored = stored_floor(view.system(), &*self.foundation.vault).await?;
        genuine(stored)
    }

    /// The longest run of seals above the floor of which nothing is as young as `before`.
    async fn plan(&self, floor: Option<Floor>, before: Timestamp) -> Result<Option<Plan>, Failure> {
        let (last, number) = floor.map_or((0, 0), |floor| (floor.last, floor.seal));
        let mut view = self.foundation.store.read().await?;
        let Some(newest) = view.audit().last_seal().await? else {
            return Ok(None);
        };
        let (mut next, mut looked) = (last + 1, 0);
        // The first position that stays, and whether it is there because a round is over.
        let (stays, more) = loop {
            let events = view.audit().since(next, PAGE).await?;
            if let Some(young) = events.iter().find(|stored| stored.event.at >= before) {
                break (young.position, false);
            }
            looked += events.len() as u64;
            match events.last() {
                None => break (next, false),
                Some(last) => next = last.position + 1,
            }
            if looked >= ROUND {
                break (next, true);
            }
        };
        let mut plan: Option<Plan> = None;
        let mut from = number + 1;
        loop {
            let seals = view.audit().seals(from, PAGE).await?;
            if seals.is_empty() {
                return Ok(plan);
            }
            for seal in seals {
                if seal.last >= stays || seal.number >= newest.number {
                    return Ok(plan);
                }
                from = seal.number + 1;
                let (first, events) = plan
                    .as_ref()
                    .map_or((seal.first, 0), |plan| (plan.first, plan.events));
                plan = Some(Plan {
                    first,
                    events: events + u64::from(seal.count),
                    through: seal,
                    more,
                });
            }
        }
    }

    /// Writes the new floor and says so in the trail; `None` where somebody else moved it.
    async fn declare(
        &self,
        floor: Option<Floor>,
        plan: &Plan,
        before: Timestamp,
    ) -> Result<Option<Floor>, Failure> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let lower = Floor {
            seal: plan.through.number,
            mac: plan.through.mac,
            last: plan.through.last,
            events: floor.map_or(0, |floor| floor.events) + plan.events,
            at: now,
        };
        let system = foundation.directory.realm(&RealmSlug::system()).await?;
        let system = system.ok_or_else(|| Failure::broken("the realm `system` is missing"))?;
        let entry =
            Entry::done(system.realm.id, self.actor, AuditAction::AuditRemoved).with(json!({
                "first": plan.first,
                "last": plan.through.last,
                "events": plan.events,
                "seal": plan.through.number,
                "mac": hexadecimal(&plan.through.mac),
                "before": before.as_seconds(),
            }));
        let request = RequestFacts::default();
        let event = foundation.recorder.event(entry, &request, now).await?;
        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(system.realm.id)).await?;
        let stored = stored_floor(unit.system(), &*foundation.vault).await?;
        if genuine(stored)? != floor {
            return Ok(None);
        }
        let sealed = lower.sealed(&*foundation.vault);
        unit.system().put(FACT, &sealed).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        Ok(Some(lower))
    }

    /// Removes what the floor declares, seal by seal.
    async fn remove_up_to(&self, floor: &Floor) -> Result<u64, Failure> {
        let mut removed = 0;
        loop {
            let mut view = self.foundation.store.read().await?;
            let seals = view.audit().seals(0, PAGE).await?;
            drop(view);
            let Some(through) = batch(seals, floor) else {
                return Ok(removed);
            };
            let mut unit = self.foundation.store.write().await?;
            let events = unit.audit().remove_sealed(&through).await?;
            unit.commit().await?;
            self.foundation.figures.events_removed.add(events);
            removed += events;
        }
    }
}

fn genuine(stored: StoredFloor) -> Result<Option<Floor>, Failure> {
    match stored {
        StoredFloor::None => Ok(None),
        StoredFloor::Genuine(floor) => Ok(Some(floor)),
        StoredFloor::Forged => Err(Failure::broken(
            "the floor of the audit trail was forged or changed; nothing more is removed",
        )),
    }
}

/// The last of the seals that go together, of those that the floor declares.
fn batch(seals: Vec<Seal>, floor: &Floor) -> Option<Seal> {
    let mut events = 0;
    let mut through: Option<Seal> = None;
    for seal in seals {
        events += u64::from(seal.count);
        if seal.number > floor.seal || through.is_some() && events > BATCH {
            break;
        }
        through = Some(seal);
    }
    through
}
