//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a request that is sent
//! again because its answer was lost is not carried out again.
//!
//! A key is reserved before the request is looked at, in a unit of its own: a ticket that only
//! one of many can issue. Its answer is sealed into the ticket afterwards, because it may hold
//! a secret that is shown once. Between the two the process may die: then nobody knows whether
//! the request was carried out, the key stays taken, and whoever comes again is told so, since
//! doing it twice would be worse. A request that was refused gives its key back.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Digest, Id, Realm, Revision, Subject, Ticket};
use gatelodge_ports::store::{Issued, Moved, TicketKey};
use gatelodge_ports::vault::DataKeyPurpose;
use serde::{Deserialize, Serialize};

use super::{AdminError, Caller, Refusal};
use crate::{ErrorCode, Failure, Foundation};

/// For how long a key and its answer are remembered.
const REMEMBERED: Duration = Duration::from_hours(24);
const VERSION: u8 = 1;

/// The key that a client chose: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of a header's value: the String of a structured field (RFC 9651 §3.3.3), as the
    /// draft has it, or the bare text that most clients send.
    pub fn parse(value: &str) -> Result<Self, Refusal> {
        let inner = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(value);
        let fits = (1..=255).contains(&inner.len())
            && inner
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if fits {
            Ok(Self(inner.to_owned()))
        } else {
            Err(Refusal::field(
                "Idempotency-Key",
                "a key has 1 to 255 visible ASCII characters without quotes and backslashes",
            ))
        }
    }
}

/// An answer as it is given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP's status.
    pub status: u16,
    /// The headers that belong to the representation, as names and values.
    pub headers: Vec<(String, String)>,
    /// The body; it may hold a secret that is shown once.
    pub body: String,
}

/// What came of a key.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer, taken apart where it is received"
)]
pub enum Begun {
    /// It is new: the request is to be carried out.
    First(Reservation),
    /// The same request was answered before.
    Again(Answer),
}

/// A key that is taken by a request under way.
#[derive(Debug)]
pub struct Reservation {
    ticket: Ticket,
    fingerprint: Digest,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    v: u8,
    fingerprint: [u8; 32],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

/// Remembers which requests were carried out.
pub struct IdempotentRequests {
    foundation: Arc<Foundation>,
}

impl IdempotentRequests {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Takes the caller's key for a request, of which `request` is everything that must be the
    /// same when it comes again: method, path, body.
    pub async fn begin(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
        request: &[&[u8]],
    ) -> Result<Begun, AdminError> {
        let Caller::Administrator(administrator) = caller else {
            return Err(Failure::broken("only requests over HTTP have a key").into());
        };
        let vault = &self.foundation.vault;
        let now = self.foundation.clock.now();
        let whose = match administrator.subject {
            Subject::User(id) => id.to_bytes(),
            Subject::Client(id) => id.to_bytes(),
            Subject::Workload(id) => id.to_bytes(),
            Subject::Agent(id) => id.to_bytes(),
        };
        let digest = vault.mac(
            DataKeyPurpose::Digests,
            &[b"idempotency_key", &whose, key.0.as_bytes()],
        );
        let fingerprint = vault.mac(DataKeyPurpose::Digests, request);
        let ticket = Ticket {
            kind: TicketKind::IdempotencyKey,
            digest,
            alias: None,
            realm: administrator.realm,
            grant: None,
            subject: Some(administrator.subject),
            client: None,
            session: None,
            state: TicketState::Pending,
            revision: Revision::FIRST,
            attempts: 0,
            not_before: now,
            payload: self.seal(administrator.realm, &digest, fingerprint, None)?,
            created_at: now,
            expires_at: now.plus(REMEMBERED),
            redeemed_at: None,
        };
        let mut unit = self.foundation.store.write().await?;
        if unit.tickets().issue(&ticket).await? == Issued::Done {
            unit.commit().await?;
            return Ok(Begun::First(Reservation {
                ticket,
                fingerprint,
            }));
        }
        drop(unit);
        self.taken(&ticket, fingerprint).await.map(Begun::Again)
    }

    /// What a key that was taken before stands for.
    async fn taken(&self, ticket: &Ticket, fingerprint: Digest) -> Result<Answer, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let stored = view.tickets().peek(key_of(ticket)).await?;
        drop(view);
        let Some(stored) = stored else {
            // It was given back in this very moment.
            return Err(under_way());
        };
        let plain = self
            .foundation
            .vault
            .open(&place(&stored), &stored.payload)?;
        let payload: Payload = serde_json::from_slice(plain.expose())?;
        if payload.v != VERSION {
            return Err(Failure::broken("an idempotency key has an unknown version").into());
        }
        if Digest::new(payload.fingerprint) != fingerprint {
            return Err(Refusal {
                code: ErrorCode::IdempotencyKeyReused,
                field: Some("Idempotency-Key".into()),
                description: "this key was used for another request; make a new one".into(),
            }
            .into());
        }
        payload.answer.ok_or_else(under_way)
    }

    /// Keeps the answer of a request that was carried out.
    pub async fn finish(&self, begun: Reservation, answer: Answer) -> Result<(), AdminError> {
        let Reservation {
            ticket,
            fingerprint,
        } = begun;
        let payload = self.seal(ticket.realm, &ticket.digest, fingerprint, Some(answer))?;
        let from = (ticket.state, ticket.revision);
        let mut unit = self.foundation.store.write().await?;
        let answered = Ticket {
            state: TicketState::Ready,
            payload,
            ..ticket
        };
        let key = key_of(&answered);
        match unit.tickets().advance(key, from, answered).await? {
            Moved::Done(_) => Ok(unit.commit().await?),
            Moved::Stale => Err(Failure::broken("an idempotency key was lost").into()),
        }
    }

    /// Gives the key of a request back that was refused, or not carried out for certain.
    pub async fn give_back(&self, begun: Reservation) -> Result<(), AdminError> {
        let mut unit = self.foundation.store.write().await?;
        unit.tickets().revoke(key_of(&begun.ticket)).await?;
        Ok(unit.commit().await?)
    }

    fn seal(
        &self,
        realm: Id<Realm>,
        digest: &Digest,
        fingerprint: Digest,
        answer: Option<Answer>,
    ) -> Result<Vec<u8>, AdminError> {
        let payload = Payload {
            v: VERSION,
            fingerprint: *fingerprint.as_bytes(),
            answer,
        };
        let plain = serde_json::to_vec(&payload)?;
        Ok(self
            .foundation
            .vault
            .seal(&place_of(realm, digest), &plain)?)
    }
}

fn under_way() -> AdminError {
    Refusal {
        code: ErrorCode::RequestUnderWay,
        field: Some("Idempotency-Key".into()),
        description: "the first request with this key was not answered yet; if it never is, look \
                      whether it was carried out before you send it with a new key"
            .into(),
    }
    .into()
}

const fn key_of(ticket: &Ticket) -> TicketKey {
    TicketKey {
        realm: ticket.realm,
        kind: ticket.kind,
        digest: ticket.digest,
    }
}

fn place(ticket: &Ticket) -> String {
    place_of(ticket.realm, &ticket.digest)
}

fn place_of(realm: Id<Realm>, digest: &Digest) -> String {
    let row = gatelodge_domain::id::base32(digest.as_bytes());
    format!("{realm}|tickets|{row}|payload")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_a_structured_string_and_as_a_bare_text() {
        let bare = IdempotencyKey::parse("8e03978e-40d5-43e8-bc93-6894a57f9324").unwrap();
        let quoted = IdempotencyKey::parse("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"").unwrap();
        assert_eq!(bare, quoted);
        for wrong in ["", "\"\"", "two words", "\"open", "back\\slash", "ä"] {
            assert!(IdempotencyKey::parse(wrong).is_err(), "{wrong}");
        }
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        assert!(IdempotencyKey::parse(&"k".repeat(256)).is_err());
    }
}
