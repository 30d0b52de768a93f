//! Everything single-use and short-lived: the port. What the verbs do is in [`verbs`].

mod verbs;

use async_trait::async_trait;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Client, Digest, Grant, Id, Realm, Revision, Subject, Ticket, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    FindTickets, Issued, Moved, Polled, Redeemed, Remembered, Struck, TicketKey, Tickets,
};

use crate::index::{Deaths, Links};
use crate::table::{Table, tables};
use crate::view::{Stand, Turn, View};

/// Realm, kind and digest.
pub(crate) type Key = (Id<Realm>, TicketKind, Digest);

tables! {
    /// Tickets by digest and alias, and by what they can be voided with.
    TicketTables {
        rows: Table<Key, Ticket>,
        by_alias: Table<(Id<Realm>, TicketKind, String), Digest>,
        by_grant: Links<Id<Grant>, (TicketKind, Digest)>,
        by_subject: Links<Subject, (TicketKind, Digest)>,
        by_client: Links<Id<Client>, (TicketKind, Digest)>,
        deaths: Deaths<Key>,
    }
}

fn row_key(key: TicketKey) -> Key {
    (key.realm, key.kind, key.digest)
}

#[async_trait]
impl<S: Stand> FindTickets for View<S> {
    async fn peek(&mut self, key: TicketKey) -> Result<Option<Ticket>, StoreError> {
        self.look(|tables, at| tables.tickets.rows.get(at, &row_key(key)).cloned())
    }

    async fn peek_alias(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        alias: &str,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        self.look(|tables, at| {
            let digest = tables
                .tickets
                .by_alias
                .get(at, &(realm, kind, alias.to_owned()))?;
            let ticket = tables.tickets.rows.get(at, &(realm, kind, *digest));
            ticket.filter(|ticket| now < ticket.expires_at).cloned()
        })
    }

    async fn count(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        subject: Subject,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.look(|tables, at| {
            let theirs = tables.tickets.by_subject.of(at, realm, subject);
            let unexpired = theirs.filter(|(of_kind, digest)| {
                let ticket = tables.tickets.rows.get(at, &(realm, *of_kind, *digest));
                *of_kind == kind && ticket.is_some_and(|ticket| now < ticket.expires_at)
            });
            unexpired.count() as u64
        })
    }
}

#[async_trait]
impl Tickets for View<Turn> {
    async fn issue(&mut self, ticket: &Ticket) -> Result<Issued, StoreError> {
        self.change(|tables, at| Ok(tables.tickets.issue(at, ticket)))
    }

    async fn redeem(&mut self, key: TicketKey, now: Timestamp) -> Result<Redeemed, StoreError> {
        self.change(|tables, at| Ok(tables.tickets.redeem(at, row_key(key), now)))
    }

    async fn advance(
        &mut self,
        key: TicketKey,
        from: (TicketState, Revision),
        to: Ticket,
    ) -> Result<Moved, StoreError> {
        self.change(|tables, at| Ok(tables.tickets.advance(at, row_key(key), from, to)))
    }

    async fn poll(
        &mut self,
        key: TicketKey,
        now: Timestamp,
        interval_ms: u32,
    ) -> Result<Polled, StoreError> {
        self.change(|tables, at| Ok(tables.tickets.poll(at, row_key(key), now, interval_ms)))
    }

    async fn strike(&mut self, key: TicketKey) -> Result<Struck, StoreError> {
        self.change(|tables, at| Ok(tables.tickets.strike(at, row_key(key))))
    }

    async fn remember(
        &mut self,
        key: TicketKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Remembered, StoreError> {
        self.change(|tables, at| Ok(tables.tickets.remember(at, key, now, until)))
    }

    async fn revoke(&mut self, key: TicketKey) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.tickets.void(at, row_key(key))))
    }

    async fn revoke_grant(
        &mut self,
        realm: Id<Realm>,
        grant: Id<Grant>,
    ) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let its: Vec<_> = tables.tickets.by_grant.of(at, realm, grant).collect();
            Ok(tables.tickets.void_all(at, realm, its))
        })
    }

    async fn revoke_subject(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let theirs: Vec<_> = tables.tickets.by_subject.of(at, realm, subject).collect();
            Ok(tables.tickets.void_all(at, realm, theirs))
        })
    }

    async fn revoke_kind_of(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        subject: Subject,
    ) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let theirs = tables.tickets.by_subject.of(at, realm, subject);
            let of_kind = theirs.filter(|(of_kind, _)| *of_kind == kind).collect();
            Ok(tables.tickets.void_all(at, realm, of_kind))
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let dead = tables.tickets.deaths.before(at, before, limit);
            for key in &dead {
                tables.tickets.erase(at, *key);
            }
            Ok(dead.len() as u64)
        })
    }
}
