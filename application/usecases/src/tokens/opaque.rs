//! Opaque access tokens: a reference to a ticket that holds the claims, sealed.
//!
//! For clients registered for them: nobody but us can read such a token, and it is void the
//! moment its ticket is. Everything else (revocation, audience, scopes) is as for a JWT.

use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Digest, Id, Realm, Revision, SecretBytes, SecretText, Ticket, Timestamp};
use gatelodge_ports::store::TicketKey;
use gatelodge_ports::vault::DataKeyPurpose;

use super::AccessTokenPlan;
use crate::{Failure, Foundation};

/// A new token and its ticket, ready to be issued. To be called outside of a unit of work.
pub(super) fn new_opaque(
    foundation: &Foundation,
    plan: &AccessTokenPlan<'_>,
    claims: &[u8],
    expires_at: Timestamp,
) -> Result<(SecretText, Ticket), Failure> {
    let bytes: [u8; 32] = foundation.rng.bytes();
    let realm = plan.realm.realm.id;
    let digest = digest(foundation, realm, &bytes);
    let ticket = Ticket {
        kind: TicketKind::AccessToken,
        digest,
        alias: None,
        realm,
        grant: Some(plan.grant),
        subject: Some(plan.subject),
        client: Some(plan.client.id),
        session: plan.session,
        state: TicketState::Ready,
        revision: Revision::FIRST,
        attempts: 0,
        // Another node's clock may be behind ours.
        not_before: Timestamp::EPOCH,
        payload: foundation.vault.seal(&place(realm, &digest), claims)?,
        created_at: plan.now,
        expires_at,
        redeemed_at: None,
    };
    Ok((OpaqueToken::mint(TokenKind::AccessToken, &bytes), ticket))
}

/// The claims behind a token; `None` for what is none of ours, void or expired.
pub(super) async fn open_opaque(
    foundation: &Foundation,
    realm: Id<Realm>,
    text: &str,
    now: Timestamp,
) -> Result<Option<SecretBytes>, Failure> {
    let Some(bytes) = OpaqueToken::open(TokenKind::AccessToken, text) else {
        return Ok(None);
    };
    let digest = digest(foundation, realm, bytes.expose());
    let key = TicketKey {
        realm,
        kind: TicketKind::AccessToken,
        digest,
    };
    let ticket = foundation.store.read().await?.tickets().peek(key).await?;
    let Some(ticket) = ticket.filter(|ticket| now < ticket.expires_at) else {
        return Ok(None);
    };
    Ok(Some(
        foundation
            .vault
            .open(&place(realm, &digest), &ticket.payload)?,
    ))
}

fn digest(foundation: &Foundation, realm: Id<Realm>, bytes: &[u8]) -> Digest {
    let parts: [&[u8]; 3] = [b"access_token", &realm.to_bytes(), bytes];
    foundation.vault.mac(DataKeyPurpose::Digests, &parts)
}

fn place(realm: Id<Realm>, digest: &Digest) -> String {
    let row = gatelodge_domain::id::base32(digest.as_bytes());
    format!("{realm}|tickets|{row}|payload")
}
