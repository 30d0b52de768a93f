//! What can go wrong in a store, by what the caller can do about it.

use std::error::Error;

/// A failed call. Each adapter has one function that makes it from its engine's errors.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique key is taken.
    #[error("{0} is taken")]
    Duplicate(Duplicate),
    /// The row changed since it was read.
    #[error("the row changed since it was read")]
    Stale,
    /// Deadlock, serialization or lock time-out: try the whole unit again later (503).
    #[error("the storage is contended")]
    Contended,
    /// The engine cannot be reached, is full, or gave the unit up (503).
    #[error("the storage is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// This adapter does not know the verb yet.
    #[error("the storage adapter does not support this")]
    Unsupported,
    /// What is stored cannot be, or a statement is wrong.
    #[error("the storage is broken")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// An `Unavailable` with a reason in words.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into().into())
    }

    /// A `Broken` with a reason in words.
    pub fn broken(reason: impl Into<String>) -> Self {
        Self::Broken(reason.into().into())
    }
}

/// Which unique key was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// A realm's slug.
    RealmSlug,
    /// A user name within its realm.
    Username,
    /// A mail address within its realm.
    Email,
    /// A `client_id` within its realm.
    ClientId,
    /// A role's name within its realm.
    RoleName,
    /// A group's name within its realm.
    GroupName,
    /// An API's identifier within its realm.
    ApiIdentifier,
    /// A scope's name within its realm.
    ScopeName,
    /// A permission's name within its realm.
    PermissionName,
    /// A ticket's digest or alias.
    Ticket,
    /// Any other key; ids collide only when randomness is broken.
    Key,
}

impl core::fmt::Display for Duplicate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::RealmSlug => "the realm's slug",
            Self::Username => "the user name",
            Self::Email => "the mail address",
            Self::ClientId => "the client_id",
            Self::RoleName => "the role's name",
            Self::GroupName => "the group's name",
            Self::ApiIdentifier => "the API's identifier",
            Self::ScopeName => "the scope's name",
            Self::PermissionName => "the permission's name",
            Self::Ticket => "the ticket",
            Self::Key => "the key",
        })
    }
}
