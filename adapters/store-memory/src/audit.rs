//! The audit trail and its seals. What a unit appends becomes one seal at its commit.

use async_trait::async_trait;
use gatelodge_domain::audit::SealBody;
use gatelodge_domain::{AuditEvent, Digest, Seal};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    AuditFilter, AuditTrail, FindAuditEvents, Listed, PositionedEvent, SealKey,
};

use crate::table::{Moment, Settle, Table, Verdict};
use crate::view::{Stand, Turn, View};

/// How many events a search looks at before it lets others have the lock.
const STRIDE: usize = 1_000;

/// Events by position, seals by number, and what the next seal covers.
#[derive(Default)]
pub(crate) struct AuditTables {
    events: Table<u64, PositionedEvent>,
    seals: Table<u64, Seal>,
    unsealed: Vec<(u64, Digest)>,
}

impl Settle for AuditTables {
    fn settle(&mut self, verdict: Verdict) {
        self.events.settle(verdict);
        self.seals.settle(verdict);
        self.unsealed.clear();
    }
}

impl AuditTables {
    fn append(&mut self, at: Moment, events: &[AuditEvent]) {
        let last = self
            .events
            .iter(at)
            .next_back()
            .map_or(0, |(position, _)| *position);
        for (position, event) in (last + 1..).zip(events) {
            let digest = event.digest();
            self.unsealed.push((position, digest));
            self.events.put(
                at,
                position,
                PositionedEvent {
                    position,
                    digest,
                    event: event.clone(),
                },
            );
        }
    }

    fn remove_sealed(&mut self, at: Moment, through: &Seal) -> u64 {
        let events = self.events.range(at, ..=through.last);
        let events: Vec<u64> = events.map(|(position, _)| *position).collect();
        let seals = self.seals.range(at, ..=through.number);
        let seals: Vec<u64> = seals.map(|(number, _)| *number).collect();
        let removed = events.len() as u64;
        for position in events {
            self.events.remove(at, position);
        }
        for number in seals {
            self.seals.remove(at, number);
        }
        removed
    }

    /// Seals what the unit appended.
    pub(crate) fn seal(&mut self, at: Moment, key: &SealKey) {
        let previous = self.seals.iter(at).next_back().map(|(_, seal)| seal);
        if let Some(body) = SealBody::over(previous, &self.unsealed) {
            self.seals
                .put(at, body.number, body.authenticated(key(&body)));
        }
    }
}

#[async_trait]
impl<S: Stand> FindAuditEvents for View<S> {
    async fn list(
        &mut self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<Listed<PositionedEvent>, StoreError> {
        let (mut items, mut below) = (Vec::new(), before.unwrap_or(u64::MAX));
        let wanted = usize::from(limit) + 1;
        loop {
            // Events never change, so a search may let go of the lock and come back.
            let seen = self.look(|tables, at| {
                let stride = tables.audit.events.range(at, ..below).rev().take(STRIDE);
                let mut seen = 0;
                for (position, event) in stride {
                    (seen, below) = (seen + 1, *position);
                    if filter.admits(&event.event) {
                        items.push(event.clone());
                    }
                    if items.len() == wanted {
                        break;
                    }
                }
                seen
            })?;
            if seen < STRIDE || items.len() == wanted {
                break;
            }
        }
        let more = items.len() == wanted;
        items.truncate(usize::from(limit));
        Ok(Listed { items, more })
    }

    async fn since(
        &mut self,
        position: u64,
        limit: u16,
    ) -> Result<Vec<PositionedEvent>, StoreError> {
        self.look(|tables, at| {
            let events = tables
                .audit
                .events
                .range(at, position..)
                .take(usize::from(limit));
            events.map(|(_, event)| event.clone()).collect()
        })
    }

    async fn seals(&mut self, from: u64, limit: u16) -> Result<Vec<Seal>, StoreError> {
        self.look(|tables, at| {
            let seals = tables
                .audit
                .seals
                .range(at, from..)
                .take(usize::from(limit));
            seals.map(|(_, seal)| seal.clone()).collect()
        })
    }

    async fn last_seal(&mut self) -> Result<Option<Seal>, StoreError> {
        self.look(|tables, at| {
            tables
                .audit
                .seals
                .iter(at)
                .next_back()
                .map(|(_, seal)| seal.clone())
        })
    }
}

#[async_trait]
impl AuditTrail for View<Turn> {
    async fn append(&mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        if !self.can_seal() {
            return Err(StoreError::unavailable("the trail has no seal key yet"));
        }
        self.change(|tables, at| {
            tables.audit.append(at, events);
            Ok(())
        })
    }

    async fn remove_sealed(&mut self, through: &Seal) -> Result<u64, StoreError> {
        self.change(|tables, at| Ok(tables.audit.remove_sealed(at, through)))
    }
}
