//! The secret in a link, and the ticket that it opens: who, and how they stood when it was made.

use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{
    Digest, Id, PasswordCredential, Realm, Revision, SecretText, Setting, Subject, Ticket,
    Timestamp, User,
};
use gatelodge_ports::store::TicketKey;
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Snapshot, StoreError, UnitOfWork};
use serde::{Deserialize, Serialize};

use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

const VERSION: u8 = 1;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// A new password.
    Reset,
    /// A proved address.
    Verification,
}

impl LinkKind {
    pub(super) const fn ticket(self) -> TicketKind {
        match self {
            Self::Reset => TicketKind::PasswordReset,
            Self::Verification => TicketKind::EmailVerification,
        }
    }

    pub(super) const fn lifetime(self) -> Setting {
        match self {
            Self::Reset => Setting::PasswordResetLinkLifetime,
            Self::Verification => Setting::EmailVerificationLinkLifetime,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Reset => "recover",
            Self::Verification => "verify-email",
        }
    }
}

/// How a person stood when a link was made; the link is dead when they stand otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    v: u8,
    /// The canonical form of the address on file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    /// When their password was set, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<i64>,
    /// The address that is to take the place of that on file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

impl Standing {
    /// How they stand now.
    pub(super) fn of(user: &User, credential: Option<&PasswordCredential>) -> Self {
        Self {
            v: VERSION,
            email: user.email.as_ref().map(|email| email.key().to_owned()),
            password: credential.map(|credential| credential.changed_at.as_millis()),
            next: None,
        }
    }

    /// Whether they stand so still.
    pub(super) fn holds(&self, user: &User, credential: Option<&PasswordCredential>) -> bool {
        let now = Self::of(user, credential);
        self.email == now.email && self.password == now.password
    }
}

/// A link that was made, and what there is to write of it.
pub(super) struct NewLink {
    pub(super) url: SecretText,
    pub(super) ticket: Ticket,
}

/// Makes a link for a person.
pub(super) fn mint(
    foundation: &Foundation,
    realm: &ServedRealm,
    kind: LinkKind,
    user: Id<User>,
    standing: &Standing,
    now: Timestamp,
) -> Result<NewLink, Failure> {
    let id = realm.realm.id;
    let bytes: [u8; 32] = foundation.rng.bytes();
    let digest = digest(foundation, kind, id, &bytes);
    let place = place(id, &digest);
    let payload = foundation
        .vault
        .seal(&place, &serde_json::to_vec(standing)?)?;
    let token = OpaqueToken::mint(TokenKind::OneTimeLink, &bytes);
    let url = format!("{}/{}/{}", realm.issuer, kind.path(), token.expose());
    Ok(NewLink {
        url: SecretText::new(url),
        ticket: Ticket {
            kind: kind.ticket(),
            digest,
            alias: None,
            realm: id,
            grant: None,
            subject: Some(Subject::User(user)),
            client: None,
            session: None,
            state: TicketState::Ready,
            revision: Revision::FIRST,
            attempts: 0,
            not_before: now,
            payload,
            created_at: now,
            expires_at: now.plus(realm.duration(kind.lifetime())),
            redeemed_at: None,
        },
    })
}

/// What to look a presented secret up by; `None` for garbage.
pub(super) fn key(
    foundation: &Foundation,
    kind: LinkKind,
    realm: Id<Realm>,
    token: &str,
) -> Option<TicketKey> {
    let bytes = OpaqueToken::open(TokenKind::OneTimeLink, token)?;
    Some(TicketKey {
        realm,
        kind: kind.ticket(),
        digest: digest(foundation, kind, realm, bytes.expose()),
    })
}

/// Writes a link, and voids those of its kind that the person was sent before.
pub(super) async fn issue(
    unit: &mut (dyn UnitOfWork + '_),
    ticket: &Ticket,
) -> Result<(), StoreError> {
    if let Some(subject) = ticket.subject {
        unit.tickets()
            .revoke_kind_of(ticket.realm, ticket.kind, subject)
            .await?;
    }
    unit.tickets().issue(ticket).await.map(|_| ())
}

/// Whom a ticket is about and how they stood.
pub(super) fn standing(
    foundation: &Foundation,
    ticket: &Ticket,
) -> Result<Option<(Id<User>, Standing)>, Failure> {
    let Some(user) = ticket.subject.and_then(Subject::user) else {
        return Ok(None);
    };
    let place = place(ticket.realm, &ticket.digest);
    let plain = foundation.vault.open(&place, &ticket.payload)?;
    let standing: Standing = serde_json::from_slice(plain.expose())?;
    if standing.v != VERSION {
        return Err(Failure::broken("a link has an unknown version"));
    }
    Ok(Some((user, standing)))
}

/// Behind a link that could still be spent: the person as they are, if they stand as they did.
pub(super) struct Behind {
    pub(super) user: User,
    pub(super) standing: Standing,
}

/// What is behind a link, without spending it.
pub(super) async fn look(
    foundation: &Foundation,
    view: &mut (dyn Snapshot + '_),
    key: TicketKey,
    now: Timestamp,
) -> Result<Option<Behind>, Failure> {
    let ticket = view.tickets().peek(key).await?;
    let live = ticket.filter(|ticket| ticket.redeemed_at.is_none() && now < ticket.expires_at);
    let Some(ticket) = live else {
        return Ok(None);
    };
    let Some((id, standing)) = standing(foundation, &ticket)? else {
        return Ok(None);
    };
    let user = view.users().find(key.realm, id).await?;
    let credential = view.passwords().find(key.realm, id).await?;
    let user = user.filter(|user| {
        user.can_authenticate(now).is_ok() && standing.holds(user, credential.as_ref())
    });
    Ok(user.map(|user| Behind { user, standing }))
}

fn digest(foundation: &Foundation, kind: LinkKind, realm: Id<Realm>, bytes: &[u8]) -> Digest {
    let parts: [&[u8]; 3] = [kind.ticket().as_str().as_bytes(), &realm.to_bytes(), bytes];
    foundation.vault.mac(DataKeyPurpose::Digests, &parts)
}

fn place(realm: Id<Realm>, digest: &Digest) -> String {
    let row = gatelodge_domain::id::base32(digest.as_bytes());
    format!("{realm}|tickets|{row}|payload")
}
