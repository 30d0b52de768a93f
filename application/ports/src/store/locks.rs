//! Row locks, for invariants over more than one row.

use async_trait::async_trait;
use gatelodge_domain::{Client, Id, Realm, User};

use crate::StoreError;

/// What to lock. Taken first in a unit, and in the order of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// A realm's row: the last administrator, role cycles, quotas.
    Realm(Id<Realm>),
    /// A person's row: session limits.
    User(Id<Realm>, Id<User>),
    /// A client's row: secrets, session limits.
    Client(Id<Realm>, Id<Client>),
}

/// Takes row locks.
#[async_trait]
pub trait Locks: Send {
    /// Waits for the row and holds it until the unit ends; false when there is no such row.
    async fn lock(&mut self, lock: Lock) -> Result<bool, StoreError>;
}
