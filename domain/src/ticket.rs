//! A ticket: everything single-use or short-lived, from authorization codes to mail links.
//!
//! One shape serves them all, so that a new grant type with a code of its own needs no table.

use crate::{Client, Digest, Grant, Id, Realm, Revision, Session, Subject, Timestamp};

/// What a ticket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketKind {
    /// An authorization code (RFC 6749 §4.1.2).
    AuthorizationCode,
    /// A device authorization (RFC 8628).
    DeviceAuthorization,
    /// A backchannel authentication request (CIBA).
    BackchannelAuthentication,
    /// A pushed authorization request (RFC 9126).
    PushedRequest,
    /// An opaque access token.
    AccessToken,
    /// A link or code that opens something once (first administrator, reset, invitation).
    OneTimeLink,
    /// A challenge of a factor.
    Challenge,
    /// A remembered value that must not come twice (a `jti`, a DPoP proof).
    Replay,
    /// Failed sign-ins of an account, or of a familiar browser, within a minute.
    FailedSignIns,
    /// A sign-in whose password was right and that waits for its second factor.
    SignInSteps,
    /// A key under which a request was carried out once, with its answer.
    IdempotencyKey,
    /// A link to a new password.
    PasswordReset,
    /// A link that proves a mail address.
    EmailVerification,
    /// Links asked for under one name within an hour.
    RecoveryRequests,
}

impl TicketKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::AuthorizationCode,
        Self::DeviceAuthorization,
        Self::BackchannelAuthentication,
        Self::PushedRequest,
        Self::AccessToken,
        Self::OneTimeLink,
        Self::Challenge,
        Self::Replay,
        Self::FailedSignIns,
        Self::IdempotencyKey,
        Self::PasswordReset,
        Self::EmailVerification,
        Self::RecoveryRequests,
        Self::SignInSteps,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::DeviceAuthorization => "device_authorization",
            Self::BackchannelAuthentication => "backchannel_authentication",
            Self::PushedRequest => "pushed_request",
            Self::AccessToken => "access_token",
            Self::OneTimeLink => "one_time_link",
            Self::Challenge => "challenge",
            Self::Replay => "replay",
            Self::FailedSignIns => "failed_sign_ins",
            Self::SignInSteps => "sign_in_steps",
            Self::IdempotencyKey => "idempotency_key",
            Self::PasswordReset => "password_reset",
            Self::EmailVerification => "email_verification",
            Self::RecoveryRequests => "recovery_requests",
        }
    }

    /// The kind of that stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketState {
    /// Waiting for somebody's decision.
    Pending,
    /// May be redeemed.
    Ready,
    /// Refused by the person.
    Denied,
}

impl TicketState {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Denied => "denied",
        }
    }

    /// The state of that stored name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Ready, Self::Denied]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A single-use or short-lived record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What it is for.
    pub kind: TicketKind,
    /// Digest of the secret that opens it; its key within realm and kind.
    pub digest: Digest,
    /// A second, short key that a person may type (a user code); unique while it lives.
    pub alias: Option<String>,
    /// The realm.
    pub realm: Id<Realm>,
    /// The authorization it belongs to.
    pub grant: Option<Id<Grant>>,
    /// Whom it is about.
    pub subject: Option<Subject>,
    /// Which client may use it.
    pub client: Option<Id<Client>>,
    /// In which browser sign-in it was made.
    pub session: Option<Id<Session>>,
    /// Where it stands.
    pub state: TicketState,
    /// How often it changed.
    pub revision: Revision,
    /// Failed tries left behind.
    pub attempts: u32,
    /// Not usable, or not to be polled again, before.
    pub not_before: Timestamp,
    /// Versioned and sealed by the use case that owns the kind.
    pub payload: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub redeemed_at: Option<Timestamp>,
}
