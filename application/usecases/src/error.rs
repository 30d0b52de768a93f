//! How a use case says no, and how it says that it could not.

use core::time::Duration;
use std::error::Error as StdError;

use gatelodge_ports::{HasherError, SignerError, StoreError, VaultError};

/// Why a use case gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request was refused; what had to be recorded has been.
    #[error("{0}")]
    Denied(#[from] Denial),
    /// Something that should work did not; nothing was written.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// A refusal. The description is static, so that it cannot leak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct Denial {
    /// What the protocol calls it.
    pub code: ErrorCode,
    /// One sentence for whoever builds the client.
    pub description: &'static str,
    /// When trying again makes sense, where that is known.
    pub retry_after: Option<Duration>,
}

impl Denial {
    /// A refusal.
    pub const fn new(code: ErrorCode, description: &'static str) -> Self {
        Self {
            code,
            description,
            retry_after: None,
        }
    }

    /// The same, telling when to try again.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// An error code of OAuth 2.0 and its relatives, or of our admin API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode { $($(#[doc = $doc])+ $variant,)+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The registered value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

codes! {
    /// RFC 6749 §4.1.2.1, §5.2
    InvalidRequest = "invalid_request";
    /// RFC 6749 §5.2
    InvalidClient = "invalid_client";
    /// RFC 6749 §5.2
    InvalidGrant = "invalid_grant";
    /// RFC 6749 §4.1.2.1, §5.2
    UnauthorizedClient = "unauthorized_client";
    /// RFC 6749 §5.2
    UnsupportedGrantType = "unsupported_grant_type";
    /// RFC 6749 §4.1.2.1, §5.2
    InvalidScope = "invalid_scope";
    /// RFC 6749 §4.1.2.1
    AccessDenied = "access_denied";
    /// RFC 6749 §4.1.2.1
    UnsupportedResponseType = "unsupported_response_type";
    /// RFC 6749 §4.1.2.1
    ServerError = "server_error";
    /// RFC 6749 §4.1.2.1
    TemporarilyUnavailable = "temporarily_unavailable";
    /// OpenID Connect Core §3.1.2.6
    LoginRequired = "login_required";
    /// OpenID Connect Core §3.1.2.6
    ConsentRequired = "consent_required";
    /// OpenID Connect Core §3.1.2.6
    InteractionRequired = "interaction_required";
    /// OpenID Connect Core §3.1.2.6
    AccountSelectionRequired = "account_selection_required";
    /// OpenID Connect Core §3.1.2.6
    RequestNotSupported = "request_not_supported";
    /// OpenID Connect Core §3.1.2.6
    RequestUriNotSupported = "request_uri_not_supported";
    /// OpenID Connect Core §3.1.2.6
    RegistrationNotSupported = "registration_not_supported";
    /// RFC 6750 §3.1
    InvalidToken = "invalid_token";
    /// RFC 6750 §3.1
    InsufficientScope = "insufficient_scope";
    /// RFC 8707 §2
    InvalidTarget = "invalid_target";
    /// RFC 7009 §2.2.1
    UnsupportedTokenType = "unsupported_token_type";
    /// Too many tries; answered with 429 and `Retry-After`.
    TooManyRequests = "too_many_requests";
    /// A sign-in that did not succeed, for whatever reason.
    InvalidCredentials = "invalid_credentials";
    /// No such thing, or not one that the caller may know of.
    NotFound = "not_found";
    /// The row changed since it was read (admin API, 412).
    Stale = "stale";
    /// A unique key is taken (admin API, 409).
    Conflict = "conflict";
    /// A field is not acceptable (admin API, 422).
    InvalidField = "invalid_field";
    /// A built-in thing that must stay as it is (admin API, 409).
    Protected = "protected";
    /// A key came with another request than before (admin API, 422).
    IdempotencyKeyReused = "idempotency_key_reused";
    /// The first request with this key was not answered yet (admin API, 409).
    RequestUnderWay = "request_under_way";
}

/// Something that should work did not.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Come back later (503).
    #[error("temporarily unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A mistake of ours or a broken installation (500).
    #[error("internal failure")]
    Broken(#[source] Box<dyn StdError + Send + Sync>),
}

impl Failure {
    /// A failure of ours, in words.
    pub fn broken(reason: impl Into<String>) -> Self {
        Self::Broken(reason.into().into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Contended | StoreError::Unavailable(_) => Self::Unavailable(error.into()),
            StoreError::Duplicate(_)
            | StoreError::Stale
            | StoreError::Unsupported
            | StoreError::Broken(_) => Self::Broken(error.into()),
        }
    }
}

impl From<SignerError> for Failure {
    fn from(error: SignerError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<HasherError> for Failure {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Busy => Self::Unavailable(error.into()),
            HasherError::Failed(_) => Self::Broken(error.into()),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(error.into())
    }
}

macro_rules! fails {
    ($($source:ty),+) => {
        $(impl From<$source> for Error {
            fn from(error: $source) -> Self {
                Self::Failed(error.into())
            }
        })+
    };
}

fails!(
    StoreError,
    SignerError,
    VaultError,
    HasherError,
    serde_json::Error
);
