//! How the admin plane says no: with a code, the field at fault and a sentence.

use std::borrow::Cow;

use gatelodge_domain::Revision;
use gatelodge_ports::store::Duplicate;
use gatelodge_ports::{HasherError, SignerError, StoreError, VaultError};

use crate::{Denial, Error, ErrorCode, Failure};

/// Why an admin operation gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// It was refused; nothing of what was asked for happened.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Something that should work did not; nothing was written.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// A refusal. The description holds rules and names of fields, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct Refusal {
    /// What kind of refusal it is.
    pub code: ErrorCode,
    /// The field at fault, as the API names it.
    pub field: Option<Cow<'static, str>>,
    /// One sentence that says what would be accepted.
    pub description: Cow<'static, str>,
}

impl Refusal {
    /// A refusal that concerns no single field.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            field: None,
            description: description.into(),
        }
    }

    /// A field that is not acceptable.
    pub fn field(
        field: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            code: ErrorCode::InvalidField,
            field: Some(field.into()),
            description: description.into(),
        }
    }

    /// No such thing in the realm.
    pub const fn not_found(description: &'static str) -> Self {
        Self {
            code: ErrorCode::NotFound,
            field: None,
            description: Cow::Borrowed(description),
        }
    }

    /// Refuses to write a row that changed since the caller read it at `expected`; whoever
    /// expects no revision takes any.
    pub fn if_changed(stored: Revision, expected: impl Into<Option<Revision>>) -> Result<(), Self> {
        match expected.into() {
            Some(expected) if expected != stored => Err(Self::stale()),
            _ => Ok(()),
        }
    }

    /// The row changed since the caller read it.
    pub const fn stale() -> Self {
        Self {
            code: ErrorCode::Stale,
            field: None,
            description: Cow::Borrowed(
                "this changed since it was read; read it again and repeat the change",
            ),
        }
    }

    /// The one answer to whoever has no valid token.
    pub const fn unauthenticated() -> Self {
        Self {
            code: ErrorCode::InvalidToken,
            field: None,
            description: Cow::Borrowed("a valid access token of an administrator is needed"),
        }
    }

    /// The one answer to an administrator without the right, whether or not the target exists.
    pub const fn forbidden() -> Self {
        Self {
            code: ErrorCode::InsufficientScope,
            field: None,
            description: Cow::Borrowed("the token or the administrator's roles do not allow this"),
        }
    }
}

impl From<Denial> for AdminError {
    fn from(denial: Denial) -> Self {
        Self::Refused(Refusal::new(denial.code, denial.description))
    }
}

impl From<Error> for AdminError {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denial) => denial.into(),
            Error::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Refusal::stale().into(),
            StoreError::Duplicate(what) => duplicate(what),
            other => Self::Failed(other.into()),
        }
    }
}

fn duplicate(what: Duplicate) -> AdminError {
    let field = match what {
        Duplicate::RealmSlug => "slug",
        Duplicate::Username => "username",
        Duplicate::Email => "email",
        Duplicate::ClientId => "client_id",
        Duplicate::RoleName
        | Duplicate::GroupName
        | Duplicate::ScopeName
        | Duplicate::PermissionName => "name",
        Duplicate::ApiIdentifier => "identifier",
        Duplicate::Ticket | Duplicate::Key => {
            return AdminError::Failed(StoreError::Duplicate(what).into());
        }
    };
    AdminError::Refused(Refusal {
        code: ErrorCode::Conflict,
        field: Some(field.into()),
        description: format!("{what} is taken").into(),
    })
}

macro_rules! fails {
    ($($source:ty),+) => {
        $(impl From<$source> for AdminError {
            fn from(error: $source) -> Self {
                Self::Failed(error.into())
            }
        })+
    };
}

fails!(SignerError, VaultError, HasherError, serde_json::Error);
