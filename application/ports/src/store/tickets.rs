//! Everything single-use and short-lived. Each verb is one statement whose row count decides.

use async_trait::async_trait;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Digest, Grant, Id, Realm, Revision, Subject, Ticket, Timestamp};

use crate::StoreError;

/// What a ticket is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketKey {
    /// The realm.
    pub realm: Id<Realm>,
    /// What it is for.
    pub kind: TicketKind,
    /// Digest of the secret that opens it.
    pub digest: Digest,
}

/// Whether a ticket was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// It was.
    Done,
    /// Its alias or digest is in use by a ticket that has not expired; make another.
    Collision,
}

/// What redeeming found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// It was good and is used up now; exactly one caller ever sees this.
    Fresh(Ticket),
    /// It had been used before.
    Replayed(Ticket),
    /// Its time is over.
    Expired,
    /// There is none, or it is not `Ready`.
    Unknown,
}

/// Whether a ticket moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer, taken apart where it is received"
)]
pub enum Moved {
    /// It did; this is how it stands now.
    Done(Ticket),
    /// It was not where the caller thought.
    Stale,
}

/// What polling found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer, taken apart where it is received"
)]
pub enum Polled {
    /// The poll counts; look at the ticket's state.
    Ready(Ticket),
    /// Too soon after the last one (RFC 8628 §3.5, `slow_down`).
    TooSoon,
    /// Its time is over.
    Expired,
    /// There is none.
    Unknown,
}

/// What a failed try left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Struck {
    /// That many tries.
    Left(u32),
    /// None; the ticket is void.
    Exhausted,
}

/// Whether a value came for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// It did.
    First,
    /// It came before and is still remembered.
    Again,
}

/// Reads tickets.
#[async_trait]
pub trait FindTickets: Send {
    /// Looks without using up.
    async fn peek(&mut self, key: TicketKey) -> Result<Option<Ticket>, StoreError>;

    /// Looks by alias, among tickets that have not expired at `now`.
    async fn peek_alias(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        alias: &str,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError>;

    /// How many unexpired tickets of a kind a subject has; for quotas, under a lock.
    async fn count(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        subject: Subject,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}

/// Writes tickets.
#[async_trait]
pub trait Tickets: FindTickets {
    /// Adds one. An expired ticket that holds the same alias gives way.
    async fn issue(&mut self, ticket: &Ticket) -> Result<Issued, StoreError>;

    /// Uses a `Ready` ticket up: `redeemed_at = now` where it is null, `not_before <= now` and
    /// `now < expires_at`.
    async fn redeem(&mut self, key: TicketKey, now: Timestamp) -> Result<Redeemed, StoreError>;

    /// Moves a ticket from one state at one revision to another, with a new payload and, where
    /// given, subject and grant.
    async fn advance(
        &mut self,
        key: TicketKey,
        from: (TicketState, Revision),
        to: Ticket,
    ) -> Result<Moved, StoreError>;

    /// Counts a poll: where `not_before <= now`, sets `not_before = now + interval`
    /// (milliseconds); a poll that is too soon adds the interval to it.
    async fn poll(
        &mut self,
        key: TicketKey,
        now: Timestamp,
        interval_ms: u32,
    ) -> Result<Polled, StoreError>;

    /// Counts a failed try; at zero the ticket is void.
    async fn strike(&mut self, key: TicketKey) -> Result<Struck, StoreError>;

    /// Remembers a value until then, for replay caches.
    async fn remember(
        &mut self,
        key: TicketKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Remembered, StoreError>;

    /// Voids one ticket; false when there was none unexpired and unused.
    async fn revoke(&mut self, key: TicketKey) -> Result<bool, StoreError>;

    /// Voids every ticket of a grant (used ones are kept, so that a replay still shows).
    async fn revoke_grant(&mut self, realm: Id<Realm>, grant: Id<Grant>)
    -> Result<u64, StoreError>;

    /// Voids every ticket of those grants (used ones are kept); for turns of bulk work.
    async fn revoke_grants(
        &mut self,
        realm: Id<Realm>,
        grants: &[Id<Grant>],
    ) -> Result<u64, StoreError> {
        let mut voided = 0;
        for grant in grants {
            voided += self.revoke_grant(realm, *grant).await?;
        }
        Ok(voided)
    }

    /// Voids every ticket of a subject.
    async fn revoke_subject(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<u64, StoreError>;

    /// Voids every ticket of one kind of a subject (used ones are kept).
    async fn revoke_kind_of(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        subject: Subject,
    ) -> Result<u64, StoreError> {
        let _ = (realm, kind, subject);
        Err(StoreError::Unsupported)
    }

    /// Removes at most `limit` tickets that expired before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;
}
