//! What a code stands for, and how it is written and read.

use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{
    Client, CodeChallenge, Digest, GrantContext, Id, Realm, RedirectUri, Revision, SecretText,
    Setting, Ticket, Timestamp,
};
use gatelodge_ports::store::TicketKey;
use gatelodge_ports::vault::DataKeyPurpose;
use serde::{Deserialize, Serialize};

use crate::realms::ServedRealm;
use crate::tokens::{StoredContext, decode_context, encode_context};
use crate::{Failure, Foundation};

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The authorization.
    pub context: GrantContext,
    /// Where the code was sent; the token request must name it where the authorization request
    /// did (RFC 6749 §4.1.3).
    pub redirect_uri: RedirectUri,
    /// Whether the authorization request named it.
    pub redirect_uri_was_sent: bool,
    /// The challenge, if one was sent; it is then always enforced.
    pub challenge: Option<CodeChallenge>,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    v: u8,
    context: Context,
    redirect_uri: String,
    redirect_uri_was_sent: bool,
    challenge: Option<String>,
}

/// What a code gives, by the payload's version. The release before this one reads the first
/// only, so that is written where one of its nodes may be asked for the code; both are read.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Context {
    /// Version 2.
    Plain(Box<StoredContext>),
    /// Version 1: the bytes of its JSON text, as numbers.
    Bytes(Vec<u8>),
}

impl Context {
    /// The form for now, and its version.
    fn of(foundation: &Foundation, context: &GrantContext) -> Result<(u8, Self), Failure> {
        if foundation.nodes.may_be_many() {
            return Ok((1, Self::Bytes(encode_context(context)?)));
        }
        Ok((2, Self::Plain(Box::new(StoredContext::of(context)))))
    }

    fn read(self, version: u8) -> Result<GrantContext, Failure> {
        match (version, self) {
            (1, Self::Bytes(bytes)) => decode_context(&bytes),
            (2, Self::Plain(stored)) => stored.context(),
            _ => Err(Failure::broken(format!(
                "code payload version {version} is unknown"
            ))),
        }
    }
}

/// A new code and its ticket, ready to be issued. To be called outside of a unit of work.
pub fn new_code(
    foundation: &Foundation,
    realm: &ServedRealm,
    client: &Client,
    code: &AuthorizationCode,
    now: Timestamp,
) -> Result<(SecretText, Ticket), Failure> {
    let bytes: [u8; 32] = foundation.rng.bytes();
    let text = OpaqueToken::mint(TokenKind::AuthorizationCode, &bytes);
    let digest = digest(foundation, realm.realm.id, &bytes);
    let (v, context) = Context::of(foundation, &code.context)?;
    let payload = Payload {
        v,
        context,
        redirect_uri: code.redirect_uri.as_str().to_owned(),
        redirect_uri_was_sent: code.redirect_uri_was_sent,
        challenge: code
            .challenge
            .as_ref()
            .map(|challenge| challenge.as_str().to_owned()),
    };
    let plain = serde_json::to_vec(&payload)?;
    let lifetime = realm.duration_for(client, Setting::AuthorizationCodeLifetime);
    let ticket = Ticket {
        kind: TicketKind::AuthorizationCode,
        digest,
        alias: None,
        realm: realm.realm.id,
        grant: Some(code.context.grant),
        subject: Some(code.context.party.subject),
        client: Some(client.id),
        session: code.context.session,
        state: TicketState::Ready,
        revision: Revision::FIRST,
        attempts: 0,
        // Another node's clock may be behind ours.
        not_before: Timestamp::EPOCH,
        payload: foundation
            .vault
            .seal(&place(realm.realm.id, &digest), &plain)?,
        created_at: now,
        expires_at: now.plus(lifetime),
        redeemed_at: None,
    };
    Ok((text, ticket))
}

/// Where a presented code is to be looked for; `None` for what is no code of ours.
pub fn code_key(foundation: &Foundation, realm: Id<Realm>, text: &str) -> Option<TicketKey> {
    let bytes = OpaqueToken::open(TokenKind::AuthorizationCode, text)?;
    let digest = digest(foundation, realm, bytes.expose());
    Some(TicketKey {
        realm,
        kind: TicketKind::AuthorizationCode,
        digest,
    })
}

/// What a code's ticket stands for.
pub fn open_code(foundation: &Foundation, ticket: &Ticket) -> Result<AuthorizationCode, Failure> {
    let plain = foundation
        .vault
        .open(&place(ticket.realm, &ticket.digest), &ticket.payload)?;
    let payload: Payload = serde_json::from_slice(plain.expose())?;
    let broken = |_| Failure::broken("a stored code does not parse");
    let challenge = payload
        .challenge
        .map(|text| CodeChallenge::parse(&text, Some("S256")))
        .transpose()
        .map_err(|_| Failure::broken("a stored challenge does not parse"))?;
    Ok(AuthorizationCode {
        context: payload.context.read(payload.v)?,
        redirect_uri: RedirectUri::parse(&payload.redirect_uri).map_err(broken)?,
        redirect_uri_was_sent: payload.redirect_uri_was_sent,
        challenge,
    })
}

fn digest(foundation: &Foundation, realm: Id<Realm>, bytes: &[u8]) -> Digest {
    foundation.vault.mac(
        DataKeyPurpose::Digests,
        &[b"authorization_code", &realm.to_bytes(), bytes],
    )
}

fn place(realm: Id<Realm>, digest: &Digest) -> String {
    let row = gatelodge_domain::id::base32(digest.as_bytes());
    format!("{realm}|tickets|{row}|payload")
}
