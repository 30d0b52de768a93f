//! How many links were asked for under one name, or by one person, within an hour: each is a
//! mail to somebody who may not have asked.
//!
//! The count is a ticket that lives for an hour and is made whether the name is known or not, so
//! that both cost the same, and is struck in the unit that posts the request, so that many at
//! once cannot slip through.

use core::time::Duration;

use gatelodge_domain::setting::Layers;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Digest, Id, Realm, Revision, Setting, Ticket, Timestamp};
use gatelodge_ports::store::{Issued, Struck, TicketKey};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{StoreError, UnitOfWork};

use crate::Foundation;
use crate::realms::ServedRealm;

const WINDOW: Duration = Duration::from_hours(1);
/// With how many a ticket begins: more than any limit allows, so that it is never void.
const BEGINS_WITH: u32 = 1_000_000;

/// One name's count.
pub(super) struct Count {
    key: TicketKey,
    limit: u32,
}

/// Whether one more is allowed.
pub(super) enum Counted {
    /// It is.
    Within,
    /// It is not, for so long.
    Over(Duration),
}

impl Count {
    /// Of whoever is told apart by these bytes; `what` keeps sorts of counts apart.
    pub(super) fn of(
        foundation: &Foundation,
        realm: &ServedRealm,
        what: &[u8],
        whose: &[u8],
    ) -> Self {
        let id: Id<Realm> = realm.realm.id;
        let parts = [what, &id.to_bytes(), whose];
        let digest: Digest = foundation.vault.mac(DataKeyPurpose::Digests, &parts);
        Self {
            key: TicketKey {
                realm: id,
                kind: TicketKind::RecoveryRequests,
                digest,
            },
            limit: Layers(&[&realm.realm.settings]).value(Setting::RecoveryRequestsPerHour),
        }
    }

    /// A look before anything is written, so that a flood over the limit writes nothing.
    pub(super) async fn look(
        &self,
        foundation: &Foundation,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        if self.limit == 0 {
            return Ok(Counted::Within);
        }
        let mut view = foundation.store.read().await?;
        let ticket = view.tickets().peek(self.key).await?;
        let ticket = ticket.filter(|ticket| now < ticket.expires_at);
        Ok(match ticket {
            Some(ticket) if used(ticket.attempts) >= self.limit => {
                Counted::Over(ticket.expires_at.since(now).min(WINDOW))
            }
            _ => Counted::Within,
        })
    }

    /// Counts one; over the limit, the unit is not to be committed.
    pub(super) async fn add(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        if self.limit == 0 {
            return Ok(Counted::Within);
        }
        if unit.tickets().issue(&self.first(now)).await? == Issued::Done {
            return Ok(Counted::Within);
        }
        match unit.tickets().strike(self.key).await? {
            Struck::Left(left) if used(left) <= self.limit => Ok(Counted::Within),
            Struck::Left(_) | Struck::Exhausted => Ok(Counted::Over(WINDOW)),
        }
    }

    fn first(&self, now: Timestamp) -> Ticket {
        Ticket {
            kind: self.key.kind,
            digest: self.key.digest,
            alias: None,
            realm: self.key.realm,
            grant: None,
            subject: None,
            client: None,
            session: None,
            state: TicketState::Ready,
            revision: Revision::FIRST,
            attempts: BEGINS_WITH - 1,
            not_before: now,
            payload: Vec::new(),
            created_at: now,
            expires_at: now.plus(WINDOW),
            redeemed_at: None,
        }
    }
}

const fn used(left: u32) -> u32 {
    BEGINS_WITH.saturating_sub(left)
}
