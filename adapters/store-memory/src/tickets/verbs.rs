//! What the verbs of the ticket port do to the tables, each in one step.
//!
//! A ticket that is void is a row that is gone; one that was used stays until it is swept, so
//! that a replay shows as one.

use core::time::Duration;

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Client, Digest, Id, Realm, Revision, Subject, Ticket, Timestamp};
use gatelodge_ports::store::{Issued, Moved, Polled, Redeemed, Remembered, Struck, TicketKey};

use super::{Key, TicketTables};
use crate::table::Moment;

impl TicketTables {
    fn place(&mut self, at: Moment, ticket: &Ticket) {
        let (realm, link) = (ticket.realm, (ticket.kind, ticket.digest));
        if let Some(alias) = &ticket.alias {
            self.by_alias
                .put(at, (realm, ticket.kind, alias.clone()), ticket.digest);
        }
        if let Some(grant) = ticket.grant {
            self.by_grant.put(at, realm, grant, link);
        }
        if let Some(subject) = ticket.subject {
            self.by_subject.put(at, realm, subject, link);
        }
        if let Some(client) = ticket.client {
            self.by_client.put(at, realm, client, link);
        }
        self.deaths
            .put(at, ticket.expires_at, (realm, ticket.kind, ticket.digest));
        self.rows
            .put(at, (realm, ticket.kind, ticket.digest), ticket.clone());
    }

    /// Removes a row and its indexes.
    pub(super) fn erase(&mut self, at: Moment, key: Key) {
        let Some(ticket) = self.rows.get(at, &key).cloned() else {
            return;
        };
        let (realm, link) = (ticket.realm, (ticket.kind, ticket.digest));
        if let Some(alias) = ticket.alias {
            self.by_alias.remove(at, (realm, ticket.kind, alias));
        }
        if let Some(grant) = ticket.grant {
            self.by_grant.remove(at, realm, grant, link);
        }
        if let Some(subject) = ticket.subject {
            self.by_subject.remove(at, realm, subject, link);
        }
        if let Some(client) = ticket.client {
            self.by_client.remove(at, realm, client, link);
        }
        self.deaths.remove(at, ticket.expires_at, key);
        self.rows.remove(at, key);
    }

    pub(super) fn issue(&mut self, at: Moment, ticket: &Ticket) -> Issued {
        let key = (ticket.realm, ticket.kind, ticket.digest);
        let alias = ticket.alias.as_ref().and_then(|alias| {
            let digest = self
                .by_alias
                .get(at, &(ticket.realm, ticket.kind, alias.clone()))?;
            Some((ticket.realm, ticket.kind, *digest))
        });
        for key in [Some(key), alias].into_iter().flatten() {
            let holder = self.rows.get(at, &key);
            if holder.is_some_and(|holder| ticket.created_at < holder.expires_at) {
                return Issued::Collision;
            }
        }
        for key in [Some(key), alias].into_iter().flatten() {
            self.erase(at, key);
        }
        self.place(at, ticket);
        Issued::Done
    }

    pub(super) fn redeem(&mut self, at: Moment, key: Key, now: Timestamp) -> Redeemed {
        let Some(mut ticket) = self.rows.get(at, &key).cloned() else {
            return Redeemed::Unknown;
        };
        if ticket.redeemed_at.is_some() {
            return Redeemed::Replayed(ticket);
        }
        if ticket.expires_at <= now {
            return Redeemed::Expired;
        }
        if ticket.state != TicketState::Ready || now < ticket.not_before {
            return Redeemed::Unknown;
        }
        ticket.redeemed_at = Some(now);
        self.rows.put(at, key, ticket.clone());
        Redeemed::Fresh(ticket)
    }

    pub(super) fn advance(
        &mut self,
        at: Moment,
        key: Key,
        (state, revision): (TicketState, Revision),
        to: Ticket,
    ) -> Moved {
        let fits = |ticket: &&Ticket| {
            ticket.state == state && ticket.revision == revision && ticket.redeemed_at.is_none()
        };
        let Some(stored) = self.rows.get(at, &key).filter(fits).cloned() else {
            return Moved::Stale;
        };
        let moved = Ticket {
            state: to.state,
            payload: to.payload,
            subject: to.subject.or(stored.subject),
            grant: to.grant.or(stored.grant),
            revision: revision.next(),
            ..stored
        };
        self.erase(at, key);
        self.place(at, &moved);
        Moved::Done(moved)
    }

    pub(super) fn poll(
        &mut self,
        at: Moment,
        key: Key,
        now: Timestamp,
        interval_ms: u32,
    ) -> Polled {
        let Some(mut ticket) = self.rows.get(at, &key).cloned() else {
            return Polled::Unknown;
        };
        if ticket.expires_at <= now {
            return Polled::Expired;
        }
        let interval = Duration::from_millis(u64::from(interval_ms));
        let too_soon = now < ticket.not_before;
        let from = if too_soon { ticket.not_before } else { now };
        ticket.not_before = from.plus(interval);
        self.rows.put(at, key, ticket.clone());
        if too_soon {
            Polled::TooSoon
        } else {
            Polled::Ready(ticket)
        }
    }

    pub(super) fn strike(&mut self, at: Moment, key: Key) -> Struck {
        let Some(mut ticket) = self.rows.get(at, &key).cloned() else {
            return Struck::Exhausted;
        };
        ticket.attempts = ticket.attempts.saturating_sub(1);
        if ticket.attempts == 0 {
            self.void(at, key);
            return Struck::Exhausted;
        }
        let left = ticket.attempts;
        self.rows.put(at, key, ticket);
        Struck::Left(left)
    }

    pub(super) fn remember(
        &mut self,
        at: Moment,
        key: TicketKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Remembered {
        let remembered = Ticket {
            kind: key.kind,
            digest: key.digest,
            alias: None,
            realm: key.realm,
            grant: None,
            subject: None,
            client: None,
            session: None,
            state: TicketState::Ready,
            revision: Revision::FIRST,
            attempts: 0,
            not_before: now,
            payload: Vec::new(),
            created_at: now,
            expires_at: until,
            redeemed_at: None,
        };
        match self.issue(at, &remembered) {
            Issued::Done => Remembered::First,
            Issued::Collision => Remembered::Again,
        }
    }

    /// Voids a ticket that was not used; false when there was none.
    pub(super) fn void(&mut self, at: Moment, key: Key) -> bool {
        let unused = self
            .rows
            .get(at, &key)
            .is_some_and(|ticket| ticket.redeemed_at.is_none());
        if unused {
            self.erase(at, key);
        }
        unused
    }

    /// Voids those that were not used, and counts them.
    pub(super) fn void_all(
        &mut self,
        at: Moment,
        realm: Id<Realm>,
        tickets: Vec<(TicketKind, Digest)>,
    ) -> u64 {
        let voided = tickets
            .into_iter()
            .filter(|(kind, digest)| self.void(at, (realm, *kind, *digest)));
        voided.count() as u64
    }

    /// Removes every ticket about a subject, used ones too.
    pub(crate) fn remove_of_subject(&mut self, at: Moment, realm: Id<Realm>, subject: Subject) {
        let theirs: Vec<_> = self.by_subject.of(at, realm, subject).collect();
        for (kind, digest) in theirs {
            self.erase(at, (realm, kind, digest));
        }
    }

    /// Removes every ticket that a client may use, used ones too.
    pub(crate) fn remove_of_client(&mut self, at: Moment, realm: Id<Realm>, client: Id<Client>) {
        let its: Vec<_> = self.by_client.of(at, realm, client).collect();
        for (kind, digest) in its {
            self.erase(at, (realm, kind, digest));
        }
    }

    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let first = (realm, TicketKind::ALL[0], Digest::new([0; 32]));
        let rows = self
            .rows
            .range(at, first..)
            .take_while(|((of, ..), _)| *of == realm);
        let keys: Vec<Key> = rows.map(|(key, _)| *key).take(limit).collect();
        for key in &keys {
            self.erase(at, *key);
        }
        keys.len()
    }
}
