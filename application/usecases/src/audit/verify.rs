//! Whether the trail is whole: walks every seal and every event and names the first fault.
//!
//! A seal holds the Merkle root of its events (hashing as RFC 6962 §2.1), the MAC of the seal
//! before it and a MAC of its own, so whoever edits the tables without the data key is found
//! out: a stored digest that does not fit its event names the event; a root that does not fit
//! names what was removed, added or moved, or else the run of events that the seal covers. A
//! trail whose tail was cut together with its seals is whole in itself; only a newer seal known
//! from elsewhere (the log, a sink) shows it.
//!
//! A trail whose beginning was given up under retention has a [`Floor`], from which the chain
//! goes on. What is under the floor and not removed yet is checked like the rest: the first seal
//! that is there is held by its own MAC, and the chain must reach the seal in the floor.

use core::cmp::Ordering;
use core::fmt::Write as _;
use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::merkle_root;
use gatelodge_domain::{AuditEvent, Digest, Id, Seal, Timestamp};
use gatelodge_ports::Snapshot;
use gatelodge_ports::store::{PositionedEvent, SealKey};

use super::floor::{Floor, StoredFloor, stored_floor};
use crate::setup::seal_key;
use crate::{Failure, Foundation};

const BATCH: u16 = 500;
/// Up to this many events of a seal, every pair is tried to name those that changed places.
const PAIRS: usize = 64;

/// A seal that is known from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownSeal {
    /// Its number.
    pub number: u64,
    /// Its MAC.
    pub mac: Digest,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Events that were checked and are covered by a good seal.
    pub events: u64,
    /// Good seals.
    pub seals: u64,
    /// The newest good seal.
    pub newest: Option<Seal>,
    /// Events that were removed under retention.
    pub removed: u64,
    /// Position of the first event that is covered by a seal; `None` where none is.
    pub first: Option<u64>,
    /// The first fault; `None` when the trail is whole.
    pub fault: Option<Fault>,
}

/// The first thing that is wrong with the trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An event is not what was written.
    #[error("event {event} at position {position} was changed")]
    Changed {
        /// Where.
        position: u64,
        /// Which.
        event: Id<AuditEvent>,
    },
    /// One of these events was changed together with its digest, or replaced.
    #[error(
        "an event at positions {first} to {last} was changed: they do not fit seal {seal}, which covers them"
    )]
    ChangedWithin {
        /// The seal that they do not fit.
        seal: u64,
        /// First position.
        first: u64,
        /// Last position.
        last: u64,
    },
    /// Events are gone.
    #[error(
        "{count} event(s) covered by seal {seal} were removed, the first at position {position}"
    )]
    Removed {
        /// The seal that covers them.
        seal: u64,
        /// The first position where one is missed.
        position: u64,
        /// How many.
        count: u64,
    },
    /// There is an event that no seal covers.
    #[error("event {event} at position {position} was added")]
    Added {
        /// Where.
        position: u64,
        /// Which.
        event: Id<AuditEvent>,
    },
    /// Events changed places.
    #[error("events were reordered, the first at position {position}")]
    Reordered {
        /// The first position that holds another event than it should.
        position: u64,
    },
    /// A number is missing in the chain of seals.
    #[error("seal {number} is missing")]
    SealMissing {
        /// Which.
        number: u64,
    },
    /// A seal was not made with the data key, or does not follow the one before it.
    #[error("seal {number} was forged or changed")]
    SealForged {
        /// Which.
        number: u64,
    },
    /// What retention is said to have removed was not declared with the data key.
    #[error("the record of what was removed under retention was forged or changed")]
    FloorForged,
    /// The trail ends before a seal that is known from elsewhere.
    #[error(
        "the end of the trail was cut off: seal {known} is known, the newest stored one is {newest}"
    )]
    Cut {
        /// The known seal's number.
        known: u64,
        /// The newest stored one's; 0 where there is none.
        newest: u64,
    },
}

/// Verifies the trail.
pub struct VerifyAudit {
    foundation: Arc<Foundation>,
    seal_key: SealKey,
    sealing_delay: Duration,
}

impl VerifyAudit {
    /// Over a house; `sealing_delay` is how long an event at the end may be without a seal.
    pub fn new(foundation: Arc<Foundation>, sealing_delay: Duration) -> Self {
        Self {
            seal_key: seal_key(foundation.vault.clone()),
            foundation,
            sealing_delay,
        }
    }

    /// Walks the whole trail as it is at one moment. The permit or command that allows it is
    /// the caller's business: nothing personal is opened.
    pub async fn run(&self, known: Option<KnownSeal>) -> Result<Verification, Failure> {
        let now = self.foundation.clock.now();
        let mut view = self.foundation.store.read_consistent().await?;
        let stored = stored_floor(view.system(), &*self.foundation.vault).await?;
        let floor = match stored {
            StoredFloor::None => None,
            StoredFloor::Genuine(floor) => Some(floor),
            StoredFloor::Forged => {
                return Ok(Verification {
                    fault: Some(Fault::FloorForged),
                    ..Walk::over(None).found
                });
            }
        };
        let mut walk = Walk::over(floor);
        let fault = match self.seals(&mut walk, &mut *view, known).await? {
            Some(fault) => Some(fault),
            None => match self.tail(&mut walk, &mut *view, now).await? {
                Some(fault) => Some(fault),
                None => walk.below(known),
            },
        };
        walk.found.fault = fault;
        Ok(walk.found)
    }

    async fn seals(
        &self,
        walk: &mut Walk,
        view: &mut (dyn Snapshot + '_),
        known: Option<KnownSeal>,
    ) -> Result<Option<Fault>, Failure> {
        loop {
            let seals = view.audit().seals(walk.number, BATCH).await?;
            if seals.is_empty() {
                // The seal after the floor is never given up.
                let missing = walk.floor.filter(|floor| walk.number <= floor.seal + 1);
                return Ok(missing.map(|floor| Fault::SealMissing {
                    number: walk.number.max(floor.seal + 1),
                }));
            }
            for seal in seals {
                walk.begin_at(&seal);
                if let Some(fault) = self.chain(walk, &seal, known) {
                    return Ok(Some(fault));
                }
                if let Some(fault) = walk.cover(view, &seal).await? {
                    return Ok(Some(fault));
                }
                walk.count(seal);
            }
        }
    }

    /// Whether a seal is ours and follows the one before it.
    fn chain(&self, walk: &Walk, seal: &Seal, known: Option<KnownSeal>) -> Option<Fault> {
        if seal.number != walk.number {
            return Some(Fault::SealMissing {
                number: walk.number,
            });
        }
        let genuine = (self.seal_key)(&seal.body()) == seal.mac;
        let follows = walk.previous.is_none_or(|mac| seal.previous == mac);
        let contradicts =
            known.is_some_and(|known| known.number == seal.number && known.mac != seal.mac);
        let declared = walk.floor.filter(|floor| floor.seal == seal.number);
        let differs = declared.is_some_and(|floor| floor.mac != seal.mac);
        (!genuine || !follows || contradicts || differs).then_some(Fault::SealForged {
            number: seal.number,
        })
    }

    /// What follows the last seal: nothing, or events that are about to be sealed.
    async fn tail(
        &self,
        walk: &mut Walk,
        view: &mut (dyn Snapshot + '_),
        now: Timestamp,
    ) -> Result<Option<Fault>, Failure> {
        loop {
            if walk.events.is_empty() && !walk.fetch(view).await? {
                return Ok(None);
            }
            for stored in core::mem::take(&mut walk.events) {
                if let Some(fault) = changed(&stored) {
                    return Ok(Some(fault));
                }
                if stored.event.at.plus(self.sealing_delay) <= now {
                    return Ok(Some(added(&stored)));
                }
            }
        }
    }
}

/// How far the walk has come.
struct Walk {
    found: Verification,
    /// Up to where the trail was given up.
    floor: Option<Floor>,
    /// The number of the seal that comes next.
    number: u64,
    /// The MAC that it must name; `None` where the seal that had it was given up.
    previous: Option<Digest>,
    /// Events that were read and belong to a later seal.
    events: Vec<PositionedEvent>,
    /// The position from which on nothing was read yet.
    next: u64,
}

impl Walk {
    fn over(floor: Option<Floor>) -> Self {
        Self {
            found: Verification {
                events: 0,
                seals: 0,
                newest: None,
                removed: floor.map_or(0, |floor| floor.events),
                first: None,
                fault: None,
            },
            // Where a floor is, the first seal that is there says where to begin.
            number: u64::from(floor.is_none()),
            previous: Some(Digest::new([0; 32])),
            floor,
            events: Vec::new(),
            next: 0,
        }
    }

    /// Takes the first seal that is there for the beginning, if the floor lets the trail begin
    /// with it.
    fn begin_at(&mut self, seal: &Seal) {
        let (Some(floor), 0) = (self.floor, self.number) else {
            return;
        };
        self.number = seal.number.min(floor.seal + 1);
        self.previous = match self.number.cmp(&1) {
            // What was declared is all there still.
            Ordering::Less | Ordering::Equal => Some(Digest::new([0; 32])),
            Ordering::Greater => (self.number > floor.seal).then_some(floor.mac),
        };
    }

    fn count(&mut self, seal: Seal) {
        let events = u64::from(seal.count);
        self.found.seals += 1;
        self.found.events += events;
        self.found.first.get_or_insert(seal.first);
        if self.floor.is_some_and(|floor| seal.number <= floor.seal) {
            // Declared, and not removed yet.
            self.found.removed = self.found.removed.saturating_sub(events);
        }
        (self.number, self.previous) = (seal.number + 1, Some(seal.mac));
        self.found.newest = Some(seal);
    }

    /// What a seal that is known from elsewhere says where no such seal is there.
    fn below(&self, known: Option<KnownSeal>) -> Option<Fault> {
        let given_up = |known: &KnownSeal| {
            self.floor
                .is_some_and(|floor| floor.seal == known.number && floor.mac != known.mac)
        };
        if let Some(known) = known.filter(given_up) {
            return Some(Fault::SealForged {
                number: known.number,
            });
        }
        cut(known, self.found.newest.as_ref())
    }

    /// Reads on; false at the end.
    async fn fetch(&mut self, view: &mut (dyn Snapshot + '_)) -> Result<bool, Failure> {
        let more = view.audit().since(self.next, BATCH).await?;
        let Some(last) = more.last() else {
            return Ok(false);
        };
        self.next = last.position + 1;
        self.events.extend(more);
        Ok(true)
    }

    /// Whether the events up to the seal's last position are those that it covers.
    async fn cover(
        &mut self,
        view: &mut (dyn Snapshot + '_),
        seal: &Seal,
    ) -> Result<Option<Fault>, Failure> {
        while self
            .events
            .last()
            .is_none_or(|event| event.position <= seal.last)
        {
            if !self.fetch(view).await? {
                break;
            }
        }
        let end = self
            .events
            .partition_point(|event| event.position <= seal.last);
        let rest = self.events.split_off(end);
        let covered = core::mem::replace(&mut self.events, rest);
        Ok(fault_within(seal, &covered))
    }
}

/// The first thing that is wrong with the events of a seal.
fn fault_within(seal: &Seal, events: &[PositionedEvent]) -> Option<Fault> {
    if let Some(early) = events.first().filter(|event| event.position < seal.first) {
        // It stands between two seals.
        return Some(added(early));
    }
    if let Some(fault) = events.iter().find_map(changed) {
        return Some(fault);
    }
    let digests: Vec<Digest> = events.iter().map(|event| event.digest).collect();
    if digests.len() == seal.count as usize && merkle_root(&digests) == seal.root {
        return None;
    }
    let (count, expected) = (digests.len() as u64, u64::from(seal.count));
    Some(match count.cmp(&expected) {
        Ordering::Less => missing(seal, events, expected - count),
        Ordering::Greater => surplus(seal, events, &digests),
        Ordering::Equal => moved(seal, events, &digests)
            .map_or_else(|| altered(seal), |position| Fault::Reordered { position }),
    })
}

/// Positions usually have no gaps, so the first gap is where the first one is missed.
fn missing(seal: &Seal, events: &[PositionedEvent], count: u64) -> Fault {
    let gap = (seal.first..)
        .zip(events)
        .find(|(at, event)| event.position != *at);
    Fault::Removed {
        seal: seal.number,
        position: gap.map_or(seal.first + events.len() as u64, |(at, _)| at),
        count,
    }
}

/// Leaving out the one that was added leaves what was sealed.
fn surplus(seal: &Seal, events: &[PositionedEvent], digests: &[Digest]) -> Fault {
    let spare = (0..digests.len()).find(|spare| {
        let mut rest = digests.to_vec();
        rest.remove(*spare);
        merkle_root(&rest) == seal.root
    });
    spare
        .and_then(|spare| events.get(spare))
        .or(events.last())
        .map_or_else(|| altered(seal), added)
}

/// The first position of two events that fit the seal once they change places again, or of a
/// run that fits it once it is in the order of its ids.
fn moved(seal: &Seal, events: &[PositionedEvent], digests: &[Digest]) -> Option<u64> {
    let mut by_id: Vec<&PositionedEvent> = events.iter().collect();
    by_id.sort_by_key(|event| event.event.id);
    let sorted: Vec<Digest> = by_id.iter().map(|event| event.digest).collect();
    if merkle_root(&sorted) == seal.root {
        let first = sorted
            .iter()
            .zip(digests)
            .position(|(want, have)| want != have)?;
        return events.get(first).map(|event| event.position);
    }
    if digests.len() > PAIRS {
        return None;
    }
    for left in 0..digests.len() {
        for right in left + 1..digests.len() {
            let mut swapped = digests.to_vec();
            swapped.swap(left, right);
            if merkle_root(&swapped) == seal.root {
                return events.get(left).map(|event| event.position);
            }
        }
    }
    None
}

fn changed(stored: &PositionedEvent) -> Option<Fault> {
    (stored.event.digest() != stored.digest).then_some(Fault::Changed {
        position: stored.position,
        event: stored.event.id,
    })
}

const fn added(stored: &PositionedEvent) -> Fault {
    Fault::Added {
        position: stored.position,
        event: stored.event.id,
    }
}

const fn altered(seal: &Seal) -> Fault {
    Fault::ChangedWithin {
        seal: seal.number,
        first: seal.first,
        last: seal.last,
    }
}

fn cut(known: Option<KnownSeal>, newest: Option<&Seal>) -> Option<Fault> {
    let newest = newest.map_or(0, |seal| seal.number);
    known
        .filter(|known| known.number > newest)
        .map(|known| Fault::Cut {
            known: known.number,
            newest,
        })
}

/// A MAC in the form in which the log has it.
pub(super) fn hexadecimal(digest: &Digest) -> String {
    let bytes = digest.as_bytes().iter();
    bytes.fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
