//! A sign-in that waits for its second factor: a ticket whose secret is in a cookie of its own.
//!
//! It is no session: it lives in another table, under another digest, and opens nothing but the
//! pages of the steps that are left. It is good for a few minutes and a few tries, and ends with
//! the person's password, account or factors, as every ticket of theirs does.

use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::session::Persistence;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{
    Authentication, Client, Digest, Id, Realm, Revision, SecretText, Setting, Subject, Ticket,
    Timestamp, User,
};
use gatelodge_ports::store::TicketKey;
use gatelodge_ports::vault::DataKeyPurpose;
use serde::{Deserialize, Serialize};

use crate::realms::ServedRealm;
use crate::sign_in::Proven;
use crate::{Failure, Foundation};

const VERSION: u8 = 1;

/// How many codes one password buys.
const TRIES: u32 = 5;

/// A sign-in whose password was right.
#[derive(Debug, Clone)]
pub struct PendingSignIn {
    pub(super) key: TicketKey,
    /// Who.
    pub user: User,
    /// When the password was proved.
    pub(super) authentication: Authentication,
    /// When that password had been set.
    pub(super) password_changed_at: Timestamp,
    /// Whether the person asked to stay signed in.
    pub persistence: Persistence,
    /// The canonical name that was typed.
    pub(super) account: String,
    /// Through which client.
    pub(super) client: Option<Id<Client>>,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    v: u8,
    at: i64,
    password: i64,
    remembered: bool,
    account: String,
}

/// The ticket of a sign-in that waits, and the secret that opens it.
pub(super) fn mint(
    foundation: &Foundation,
    realm: &ServedRealm,
    proven: &Proven,
    (persistence, account, client): (Persistence, String, Option<Id<Client>>),
    now: Timestamp,
) -> Result<(SecretText, Ticket), Failure> {
    let bytes: [u8; 32] = foundation.rng.bytes();
    let id = realm.realm.id;
    let digest = digest(foundation, id, &bytes);
    let payload = Payload {
        v: VERSION,
        at: proven.authentication.at.as_millis(),
        password: proven.password_changed_at.as_millis(),
        remembered: persistence == Persistence::Remembered,
        account,
    };
    let payload = serde_json::to_vec(&payload)?;
    let ticket = Ticket {
        kind: TicketKind::SignInSteps,
        digest,
        alias: None,
        realm: id,
        grant: None,
        subject: Some(Subject::User(proven.user.id)),
        client,
        session: None,
        state: TicketState::Ready,
        revision: Revision::FIRST,
        attempts: TRIES,
        // Another node's clock may be behind ours.
        not_before: Timestamp::EPOCH,
        payload: foundation.vault.seal(&place(id, &digest), &payload)?,
        created_at: now,
        expires_at: now.plus(realm.duration(Setting::SignInStepsLifetime)),
        redeemed_at: None,
    };
    Ok((OpaqueToken::mint(TokenKind::SignInSteps, &bytes), ticket))
}

/// The sign-in that waits behind a cookie, while it is good and its person may sign in.
pub(super) async fn find(
    foundation: &Foundation,
    realm: &ServedRealm,
    secret: &str,
    now: Timestamp,
) -> Result<Option<PendingSignIn>, Failure> {
    let Some(bytes) = OpaqueToken::open(TokenKind::SignInSteps, secret) else {
        return Ok(None);
    };
    let id = realm.realm.id;
    let key = TicketKey {
        realm: id,
        kind: TicketKind::SignInSteps,
        digest: digest(foundation, id, bytes.expose()),
    };
    let mut view = foundation.store.read().await?;
    let found = view.tickets().peek(key).await?;
    let good = found.filter(|ticket| now < ticket.expires_at && ticket.redeemed_at.is_none());
    let Some((ticket, user)) = good.and_then(|ticket| {
        let user = ticket.subject.and_then(Subject::user)?;
        Some((ticket, user))
    }) else {
        return Ok(None);
    };
    let user = view.users().find(id, user).await?;
    let Some(user) = user.filter(|user| user.can_authenticate(now).is_ok()) else {
        return Ok(None);
    };
    drop(view);
    let payload = foundation
        .vault
        .open(&place(id, &key.digest), &ticket.payload)?;
    let payload: Payload = serde_json::from_slice(payload.expose())?;
    if payload.v != VERSION {
        return Ok(None);
    }
    Ok(Some(PendingSignIn {
        key,
        user,
        authentication: Authentication::by_password(Timestamp::from_millis(payload.at)),
        password_changed_at: Timestamp::from_millis(payload.password),
        persistence: if payload.remembered {
            Persistence::Remembered
        } else {
            Persistence::BrowserSession
        },
        account: payload.account,
        client: ticket.client,
    }))
}

fn digest(foundation: &Foundation, realm: Id<Realm>, bytes: &[u8]) -> Digest {
    let parts: [&[u8]; 3] = [b"sign-in steps", &realm.to_bytes(), bytes];
    foundation.vault.mac(DataKeyPurpose::Digests, &parts)
}

fn place(realm: Id<Realm>, digest: &Digest) -> String {
    let row = gatelodge_domain::id::base32(digest.as_bytes());
    format!("{realm}|tickets|{row}|payload")
}
