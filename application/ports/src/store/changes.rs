//! What caches and other nodes must hear of: rows written in the unit that changes cached
//! data, and polled by every node.

use async_trait::async_trait;
use gatelodge_domain::{Client, Id, Realm, Revocation, Session, Timestamp, User, Watermark};

use crate::StoreError;

/// Something cached is no longer true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A realm's row.
    Realm(Id<Realm>),
    /// A realm's signing keys.
    Keys(Id<Realm>),
    /// A client's row.
    Client(Id<Realm>, Id<Client>),
    /// A person's row, rights or consents.
    User(Id<Realm>, Id<User>),
    /// A browser sign-in; all of a realm's are told of as a change of the realm.
    Session(Id<Realm>, Id<Session>),
    /// A revocation, with all there is to know.
    Revoked(Revocation),
    /// A watermark, with all there is to know.
    Raised(Watermark),
}

/// A change with its place in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedChange {
    /// Ascending; on engines where a lower number may commit later the feed shows it again
    /// until it no longer can, so a reader meets some changes twice and none never.
    pub number: u64,
    /// What changed.
    pub change: Change,
}

/// Reads the feed.
#[async_trait]
pub trait FindChanges: Send {
    /// Changes after that number, oldest first: about `limit`, and fewer only where no more
    /// follow. A page may be longer where an engine must tell late changes together.
    async fn since(&mut self, number: u64, limit: u16) -> Result<Vec<NumberedChange>, StoreError>;

    /// The highest number from which on nothing can be missed; where a new reader begins.
    async fn position(&mut self) -> Result<u64, StoreError>;
}

/// Writes the feed.
#[async_trait]
pub trait Changes: FindChanges {
    /// Announces a change with the unit's commit.
    async fn announce(&mut self, change: Change, at: Timestamp) -> Result<(), StoreError>;

    /// Removes at most `limit` changes made before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;
}

/// Says when looking at the feed is worth it.
#[async_trait]
pub trait ChangeFeed: Send + Sync {
    /// Returns when something may have changed: at the engine's hint, or else after about
    /// 250 ms.
    async fn wait(&self);
}
