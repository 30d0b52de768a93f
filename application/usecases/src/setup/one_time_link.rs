//! The secret in a one-time link: a ticket that opens the page of setup once.

use core::time::Duration;

use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Digest, Id, Realm, Revision, SecretText, Subject, Ticket, Timestamp, User};
use gatelodge_ports::UnitOfWork;
use gatelodge_ports::store::{Redeemed, TicketKey};
use gatelodge_ports::vault::DataKeyPurpose;
use serde::{Deserialize, Serialize};

use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// For how long a link is good.
pub const LINK_LIFETIME: Duration = Duration::from_hours(1);

const VERSION: u8 = 1;

/// What is said of a link that opens nothing.
pub(super) const SPENT: Denial = Denial::new(
    ErrorCode::NotFound,
    "this link has been used, replaced, or is too old",
);

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To make the first administrator.
    FirstAdministrator,
    /// To let an administrator of that name back in, or to make them.
    Recovery {
        /// The user name.
        username: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Payload {
    v: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recover: Option<String>,
}

/// A new link's secret and its ticket.
pub(super) fn mint(
    foundation: &Foundation,
    system: Id<Realm>,
    purpose: &LinkPurpose,
    user: Option<Id<User>>,
    now: Timestamp,
) -> Result<(SecretText, Ticket), Failure> {
    let bytes: [u8; 32] = foundation.rng.bytes();
    let digest = digest(foundation, system, &bytes);
    let payload = Payload {
        v: VERSION,
        recover: match purpose {
            LinkPurpose::FirstAdministrator => None,
            LinkPurpose::Recovery { username } => Some(username.clone()),
        },
    };
    let payload = foundation
        .vault
        .seal(&place(system, &digest), &serde_json::to_vec(&payload)?)?;
    let ticket = Ticket {
        kind: TicketKind::OneTimeLink,
        digest,
        alias: None,
        realm: system,
        grant: None,
        subject: user.map(Subject::User),
        client: None,
        session: None,
        state: TicketState::Ready,
        revision: Revision::FIRST,
        attempts: 0,
        not_before: now,
        payload,
        created_at: now,
        expires_at: now.plus(LINK_LIFETIME),
        redeemed_at: None,
    };
    Ok((OpaqueToken::mint(TokenKind::OneTimeLink, &bytes), ticket))
}

/// What to look a presented secret up by; `None` for garbage.
pub(super) fn key(foundation: &Foundation, system: Id<Realm>, token: &str) -> Option<TicketKey> {
    let bytes = OpaqueToken::open(TokenKind::OneTimeLink, token)?;
    Some(key_of(system, digest(foundation, system, bytes.expose())))
}

/// The key of a ticket whose digest is known.
pub(super) const fn key_of(system: Id<Realm>, digest: Digest) -> TicketKey {
    TicketKey {
        realm: system,
        kind: TicketKind::OneTimeLink,
        digest,
    }
}

/// What a ticket is for.
pub(super) fn purpose(foundation: &Foundation, ticket: &Ticket) -> Result<LinkPurpose, Failure> {
    let plain = foundation
        .vault
        .open(&place(ticket.realm, &ticket.digest), &ticket.payload)?;
    let payload: Payload = serde_json::from_slice(plain.expose())?;
    if payload.v != VERSION {
        return Err(Failure::broken("a one-time link has an unknown version"));
    }
    Ok(match payload.recover {
        None => LinkPurpose::FirstAdministrator,
        Some(username) => LinkPurpose::Recovery { username },
    })
}

/// Uses a link up with the unit that does what it is for.
pub(super) async fn spend(
    unit: &mut (dyn UnitOfWork + '_),
    link: TicketKey,
    now: Timestamp,
) -> Result<(), Error> {
    match unit.tickets().redeem(link, now).await? {
        Redeemed::Fresh(_) => Ok(()),
        Redeemed::Replayed(_) | Redeemed::Expired | Redeemed::Unknown => Err(SPENT.into()),
    }
}

fn digest(foundation: &Foundation, system: Id<Realm>, bytes: &[u8]) -> Digest {
    foundation.vault.mac(
        DataKeyPurpose::Digests,
        &[b"one_time_link", &system.to_bytes(), bytes],
    )
}

fn place(realm: Id<Realm>, digest: &Digest) -> String {
    let row = gatelodge_domain::id::base32(digest.as_bytes());
    format!("{realm}|tickets|{row}|payload")
}
