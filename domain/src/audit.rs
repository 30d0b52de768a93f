//! The audit trail: what happened, who did it, and the seals that make tampering show.
//!
//! Events are append-only and name people by id. Whatever identifies a person (name, address,
//! user agent) is sealed under that person's own key, and the digest covers the sealed bytes:
//! destroying the key forgets the person without changing a single stored event. Digests are
//! gathered into Merkle trees (hashing as RFC 6962 §2.1) whose roots are chained under a MAC.

mod action;
mod seal;

pub use action::AuditAction;
pub use seal::{Seal, SealBody, merkle_root};

use crate::revocation::AccessToken;
use crate::{Client, Digest, Grant, Id, Realm, Session, Subject, Timestamp, User};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditActor {
    /// Nobody we know.
    Anonymous,
    /// A known party.
    Subject(Subject),
    /// Somebody with a shell on the machine.
    Operator,
    /// Gatelodge itself (a job).
    System,
}

impl AuditActor {
    /// The stored name of the kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Subject(subject) => subject.kind(),
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// The id without its kind; zero where there is none.
    pub const fn bits(self) -> u128 {
        match self {
            Self::Subject(subject) => subject.bits(),
            Self::Anonymous | Self::Operator | Self::System => 0,
        }
    }

    /// What [`Self::kind`] and [`Self::bits`] describe.
    pub fn from_parts(kind: &str, bits: u128) -> Option<Self> {
        match kind {
            "anonymous" => Some(Self::Anonymous),
            "operator" => Some(Self::Operator),
            "system" => Some(Self::System),
            other => Subject::from_parts(other, bits).map(Self::Subject),
        }
    }
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused; nothing of what was asked for happened.
    Denied,
}

impl Outcome {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
        }
    }

    /// The outcome of that stored name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Success, Self::Denied]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }
}

/// What it was done to: a kind of thing and its row id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditTarget {
    /// `user`, `client`, `realm`, `key`, `session`, `grant`, `role`, …
    pub kind: String,
    /// Row id, as 128 bits.
    pub bits: u128,
}

/// Personal data of an event, sealed so that it can be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDetail {
    /// Whose key seals it; the realm's data key where nobody is known.
    pub owner: Option<Id<User>>,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

/// One thing that happened. Never changed once written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Row id; it holds the time.
    pub id: Id<AuditEvent>,
    /// When it happened.
    pub at: Timestamp,
    /// The realm it concerns.
    pub realm: Id<Realm>,
    /// The realm of who did it.
    pub actor_realm: Id<Realm>,
    /// Who did it.
    pub actor: AuditActor,
    /// What was done or tried.
    pub action: AuditAction,
    /// To what.
    pub target: Option<AuditTarget>,
    /// How it went.
    pub outcome: Outcome,
    /// A stable word for why, where refused; an error code or a variant's name.
    pub reason: Option<String>,
    /// Through which client.
    pub client: Option<Id<Client>>,
    /// In which browser sign-in.
    pub session: Option<Id<Session>>,
    /// Under which authorization.
    pub grant: Option<Id<Grant>>,
    /// Which access token it made or ended (`jti`).
    pub token: Option<Id<AccessToken>>,
    /// Which request.
    pub request_id: Option<String>,
    /// Facts that identify nobody, as a JSON object.
    pub facts: Option<String>,
    /// Facts that identify somebody, sealed.
    pub detail: Option<SealedDetail>,
}

impl AuditEvent {
    /// The digest that seals cover: a hash over every field, each with its length.
    pub fn digest(&self) -> Digest {
        let mut bytes = Encoder(Vec::with_capacity(256));
        bytes.0.push(0x00); // a leaf, by RFC 6962 §2.1
        bytes.number(self.id.as_u128());
        bytes.number(u128::from(self.at.as_millis().unsigned_abs()));
        bytes.number(self.realm.as_u128());
        bytes.number(self.actor_realm.as_u128());
        bytes.text(self.actor.kind());
        bytes.number(self.actor.bits());
        bytes.text(self.action.as_str());
        bytes.optional(self.target.as_ref().map(|target| target.kind.as_bytes()));
        bytes.number(self.target.as_ref().map_or(0, |target| target.bits));
        bytes.text(self.outcome.as_str());
        bytes.optional(self.reason.as_deref().map(str::as_bytes));
        bytes.id(self.client.map(Id::as_u128));
        bytes.id(self.session.map(Id::as_u128));
        bytes.id(self.grant.map(Id::as_u128));
        bytes.id(self.token.map(Id::as_u128));
        bytes.optional(self.request_id.as_deref().map(str::as_bytes));
        bytes.optional(self.facts.as_deref().map(str::as_bytes));
        bytes.id(self
            .detail
            .as_ref()
            .and_then(|detail| detail.owner)
            .map(Id::as_u128));
        bytes.optional(self.detail.as_ref().map(|detail| detail.bytes.as_slice()));
        Digest::sha256(&bytes.0)
    }
}

struct Encoder(Vec<u8>);

impl Encoder {
    fn number(&mut self, value: u128) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.optional(Some(text.as_bytes()));
    }

    fn id(&mut self, value: Option<u128>) {
        self.optional(
            value
                .map(u128::to_be_bytes)
                .as_ref()
                .map(<[u8; 16]>::as_slice),
        );
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            None => self.0.push(0),
            Some(bytes) => {
                self.0.push(1);
                self.0
                    .extend_from_slice(&(bytes.len() as u64).to_be_bytes());
                self.0.extend_from_slice(bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AuditEvent {
        AuditEvent {
            id: Id::from_u128(1),
            at: Timestamp::from_millis(5),
            realm: Id::from_u128(2),
            actor_realm: Id::from_u128(2),
            actor: AuditActor::Anonymous,
            action: AuditAction::SignIn,
            target: None,
            outcome: Outcome::Denied,
            reason: Some("invalid_credentials".to_owned()),
            client: None,
            session: None,
            grant: None,
            token: None,
            request_id: None,
            facts: None,
            detail: None,
        }
    }

    #[test]
    fn every_changed_field_changes_the_digest() {
        let original = event().digest();
        let edits: [fn(&mut AuditEvent); 8] = [
            |e| e.at = Timestamp::from_millis(6),
            |e| e.realm = Id::from_u128(3),
            |e| e.actor = AuditActor::System,
            |e| e.action = AuditAction::SignOut,
            |e| e.outcome = Outcome::Success,
            |e| e.reason = None,
            |e| e.facts = Some("invalid_credentials".to_owned()),
            |e| {
                e.detail = Some(SealedDetail {
                    owner: None,
                    bytes: vec![1],
                });
            },
        ];
        for edit in edits {
            let mut edited = event();
            edit(&mut edited);
            assert_ne!(edited.digest(), original);
        }
    }
}
