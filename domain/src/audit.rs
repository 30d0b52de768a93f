//! The audit trail: what happened, who did it, and the seals that make tampering show.
//!
//! Events are append-only and name people by id. Whatever identifies a person (name, address,
//! user agent) is sealed under that person's own key, and the digest covers the sealed bytes:
//! destroying the key forgets the person without changing a single stored event. Digests are
//! gathered into Merkle trees (hashing as RFC 6962 §2.1) whose roots are chained under a MAC.

use crate::revocation::AccessToken;
use crate::{Client, Digest, Grant, Id, Realm, Session, Subject, Timestamp, User};

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// What was done or tried.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuditAction { $($(#[doc = $doc])+ $variant,)+ }

        impl AuditAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its stable name, as stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The action of that name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

actions! {
    /// The store was made.
    ServerInitialized = "server.initialized";
    /// The issuer was changed by the operator.
    IssuerChanged = "server.issuer_changed";
    /// The store was put back from a copy; what was alive in the copy was ended, or kept.
    StoreRestored = "server.restored";
    /// The first administrator was made through the one-time link.
    FirstAdministratorCreated = "administrator.first_created";
    /// An administrator was let back in on the machine itself.
    AdministratorRecovered = "administrator.recovered";
    /// A privileged request was refused.
    AccessDenied = "access.denied";
    /// A person signed in, or failed to.
    SignIn = "sign_in";
    /// A password was right, and a second factor was asked for.
    FactorAsked = "factor.asked";
    /// A second factor raised a session, or was refused.
    FactorProved = "factor.proved";
    /// A second factor was enrolled.
    FactorEnrolled = "factor.enrolled";
    /// A second factor got another name, or is asked for first.
    FactorChanged = "factor.changed";
    /// A second factor was removed.
    FactorRemoved = "factor.removed";
    /// An administrator took away all second factors and recovery codes of somebody.
    FactorsReset = "factor.reset";
    /// Recovery codes were made; former ones are void.
    RecoveryCodesMade = "recovery_codes.made";
    /// An administrator lifted the delay of somebody's, or of an address's, failed sign-ins.
    ThrottleLifted = "throttle.lifted";
    /// A person signed out.
    SignOut = "sign_out";
    /// A session was ended by somebody else than its owner's sign-out.
    SessionEnded = "session.ended";
    /// A person answered a consent page.
    ConsentDecided = "consent.decided";
    /// A remembered consent was withdrawn.
    ConsentWithdrawn = "consent.withdrawn";
    /// An authorization code was issued or refused.
    CodeIssued = "code.issued";
    /// A code was presented again, or by the wrong client, or with the wrong verifier.
    CodeMisused = "code.misused";
    /// Tokens were issued or refused at the token endpoint.
    TokenIssued = "token.issued";
    /// A refresh token of an older generation was presented.
    RefreshReused = "refresh.reused";
    /// A token was revoked.
    TokenRevoked = "token.revoked";
    /// A grant was ended.
    GrantEnded = "grant.ended";
    /// A client failed to prove itself.
    ClientAuthentication = "client.authentication";
    /// A realm was made.
    RealmCreated = "realm.created";
    /// A realm was changed.
    RealmUpdated = "realm.updated";
    /// A realm was marked for removal.
    RealmDeleted = "realm.deleted";
    /// Every sign-in and authorization in a realm was ended.
    RealmSignedOut = "realm.signed_out";
    /// A user was made.
    UserCreated = "user.created";
    /// A user was changed.
    UserUpdated = "user.updated";
    /// A user was deleted and their personal data destroyed.
    UserDeleted = "user.deleted";
    /// A password was set or changed.
    PasswordChanged = "user.password_changed";
    /// Somebody who forgot their password asked for a link, or a link was refused.
    PasswordResetRequested = "user.password_reset_requested";
    /// A link that proves a mail address was asked for.
    EmailVerificationRequested = "user.email_verification_requested";
    /// A mail address was proved.
    EmailVerified = "user.email_verified";
    /// A person changed their own mail address.
    EmailChanged = "user.email_changed";
    /// A mail could not be delivered and was given up.
    MailGivenUp = "mail.given_up";
    /// A mail was sent to the administrator who asked for it.
    MailTested = "mail.tested";
    /// The texts of a mail were changed, or put back to the built-in ones.
    MailTemplateChanged = "mail.template_changed";
    /// A password was removed.
    PasswordRemoved = "user.password_removed";
    /// An administrator ended every session of a person.
    SignedOutEverywhere = "user.signed_out";
    /// Users were imported.
    UsersImported = "users.imported";
    /// Users were exported, with their password hashes or without.
    UsersExported = "users.exported";
    /// A client was made.
    ClientCreated = "client.created";
    /// A client was changed.
    ClientUpdated = "client.updated";
    /// A client was deleted.
    ClientDeleted = "client.deleted";
    /// A client that was switched off may be used again.
    ClientEnabled = "client.enabled";
    /// A client was switched off.
    ClientDisabled = "client.disabled";
    /// All that was given to a client was ended.
    ClientSignedOut = "client.signed_out";
    /// A client secret was made.
    ClientSecretCreated = "client.secret_created";
    /// A client secret was removed.
    ClientSecretDeleted = "client.secret_deleted";
    /// A role was made, changed or removed.
    RoleChanged = "role.changed";
    /// A role was given or taken.
    RoleAssigned = "role.assigned";
    /// A group was made, changed or removed.
    GroupChanged = "group.changed";
    /// A person was put into a group or taken out of it.
    GroupMembership = "group.membership";
    /// An API was made, changed or removed.
    ApiChanged = "api.changed";
    /// A scope was made, changed or removed.
    ScopeChanged = "scope.changed";
    /// A permission's definition was made, changed or removed.
    PermissionChanged = "permission.changed";
    /// A signing key was made.
    KeyGenerated = "key.generated";
    /// A signing key was brought in from elsewhere.
    KeyImported = "key.imported";
    /// It was decided when an announced signing key begins to sign.
    KeyScheduled = "key.scheduled";
    /// A signing key began to sign.
    KeyActivated = "key.activated";
    /// A signing key stopped signing.
    KeyRetired = "key.retired";
    /// A signing key left the JWKS.
    KeyRemoved = "key.removed";
    /// The trail was read or exported.
    AuditRead = "audit.read";
    /// Whole sealed ranges of the trail were given up under retention.
    AuditRemoved = "audit.removed";
    /// The same refusal came again within the minute; the detail counts how often.
    RefusalsRepeated = "refusals.repeated";
}

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

/// The root of a Merkle tree over event digests (RFC 6962 §2.1).
pub fn merkle_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let mut node = Vec::with_capacity(65);
            node.push(0x01);
            node.extend_from_slice(merkle_root(left).as_bytes());
            node.extend_from_slice(merkle_root(right).as_bytes());
            Digest::sha256(&node)
        }
    }
}

/// A seal over a run of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Its number in the chain, from 1 without a gap.
    pub number: u64,
    /// Position of the first event it covers.
    pub first: u64,
    /// Position of the last event it covers.
    pub last: u64,
    /// How many events it covers.
    pub count: u32,
    /// Merkle root over their digests, by position.
    pub root: Digest,
    /// MAC of the seal before it; zeros for the first.
    pub previous: Digest,
    /// HMAC-SHA-256 under a data key over all of the above.
    pub mac: Digest,
}

/// What a seal says, before it is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealBody {
    /// Its number in the chain.
    pub number: u64,
    /// Position of the first event.
    pub first: u64,
    /// Position of the last event.
    pub last: u64,
    /// How many events.
    pub count: u32,
    /// Merkle root.
    pub root: Digest,
    /// MAC of the seal before it.
    pub previous: Digest,
}

impl SealBody {
    /// The body that follows `previous` and covers the events at these positions, in order.
    /// `None` when there is nothing to seal.
    pub fn over(previous: Option<&Seal>, events: &[(u64, Digest)]) -> Option<Self> {
        let (first, last) = (events.first()?.0, events.last()?.0);
        let digests: Vec<Digest> = events.iter().map(|(_, digest)| *digest).collect();
        Some(Self {
            number: previous.map_or(1, |seal| seal.number + 1),
            first,
            last,
            count: u32::try_from(events.len()).unwrap_or(u32::MAX),
            root: merkle_root(&digests),
            previous: previous.map_or(Digest::new([0; 32]), |seal| seal.mac),
        })
    }

    /// The bytes that the MAC covers.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 * 3 + 4 + 64);
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.last.to_be_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(self.root.as_bytes());
        bytes.extend_from_slice(self.previous.as_bytes());
        bytes
    }

    /// The seal with its MAC.
    pub fn authenticated(self, mac: Digest) -> Seal {
        Seal {
            number: self.number,
            first: self.first,
            last: self.last,
            count: self.count,
            root: self.root,
            previous: self.previous,
            mac,
        }
    }
}

impl Seal {
    /// What the MAC covers.
    pub fn body(&self) -> SealBody {
        SealBody {
            number: self.number,
            first: self.first,
            last: self.last,
            count: self.count,
            root: self.root,
            previous: self.previous,
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

    #[test]
    fn order_and_number_of_events_change_the_root() {
        let digests: Vec<Digest> = (0_u8..5).map(|n| Digest::sha256(&[n])).collect();
        let root = merkle_root(&digests);
        let mut swapped = digests.clone();
        swapped.swap(1, 2);
        assert_ne!(merkle_root(&swapped), root);
        assert_ne!(merkle_root(&digests[..4]), root);
    }
}
