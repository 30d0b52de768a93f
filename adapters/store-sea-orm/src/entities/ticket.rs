//! Table `tickets`.

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Subject, Ticket, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `tickets`.
    "tickets" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        digest: Vec<u8>,
        alias: Option<String>,
        grant_id: Option<Vec<u8>>,
        subject_kind: Option<String>,
        subject: Option<Vec<u8>>,
        client: Option<Vec<u8>>,
        session: Option<Vec<u8>>,
        state: String,
        revision: i64,
        attempts: i64,
        not_before: i64,
        payload: Vec<u8>,
        created_at: i64,
        expires_at: i64,
        redeemed_at: Option<i64>,
    }
}

impl Model {
    /// The row of a ticket.
    pub(crate) fn of(ticket: &Ticket) -> Self {
        Self {
            realm: cell::bytes_of(ticket.realm),
            kind: ticket.kind.as_str().to_owned(),
            digest: ticket.digest.as_bytes().to_vec(),
            alias: ticket.alias.clone(),
            grant_id: ticket.grant.map(cell::bytes_of),
            subject_kind: ticket.subject.map(|subject| subject.kind().to_owned()),
            subject: ticket.subject.map(Subject::bits).map(cell::bytes_of_bits),
            client: ticket.client.map(cell::bytes_of),
            session: ticket.session.map(cell::bytes_of),
            state: ticket.state.as_str().to_owned(),
            revision: i64::from(ticket.revision.0),
            attempts: i64::from(ticket.attempts),
            not_before: ticket.not_before.as_millis(),
            payload: ticket.payload.clone(),
            created_at: ticket.created_at.as_millis(),
            expires_at: ticket.expires_at.as_millis(),
            redeemed_at: ticket.redeemed_at.map(Timestamp::as_millis),
        }
    }

    /// The ticket of this row.
    pub(crate) fn ticket(self) -> Result<Ticket, StoreError> {
        Ok(Ticket {
            kind: cell::known(TicketKind::parse(&self.kind), "ticket kind")?,
            digest: cell::digest(&self.digest)?,
            alias: self.alias,
            realm: cell::id(&self.realm)?,
            grant: cell::id_or_none(self.grant_id.as_deref())?,
            subject: cell::subject_or_none(self.subject_kind.as_deref(), self.subject.as_deref())?,
            client: cell::id_or_none(self.client.as_deref())?,
            session: cell::id_or_none(self.session.as_deref())?,
            state: cell::known(TicketState::parse(&self.state), "ticket state")?,
            revision: cell::revision(self.revision)?,
            attempts: cell::number(self.attempts)?,
            not_before: Timestamp::from_millis(self.not_before),
            payload: self.payload,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            redeemed_at: cell::moment_or_none(self.redeemed_at),
        })
    }
}
