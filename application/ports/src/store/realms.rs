//! Realms.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, RealmSlug};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Reads realms.
#[async_trait]
pub trait FindRealms: Send {
    /// By row id.
    async fn find(&mut self, id: Id<Realm>) -> Result<Option<Realm>, StoreError>;

    /// By slug, whatever its status.
    async fn find_by_slug(&mut self, slug: &RealmSlug) -> Result<Option<Realm>, StoreError>;

    /// A page, by row id.
    async fn list(&mut self, page: PageRequest<Realm>) -> Result<Listed<Realm>, StoreError>;
}

/// Writes realms.
#[async_trait]
pub trait Realms: FindRealms {
    /// Adds one; `Duplicate(RealmSlug)` when the slug is taken.
    async fn insert(&mut self, realm: &Realm) -> Result<(), StoreError>;

    /// Writes all but id, slug and `created_at` where the stored revision is `realm.revision`,
    /// and counts it up; `Stale` otherwise. Answers the new revision's row.
    async fn update(&mut self, realm: &Realm) -> Result<Realm, StoreError>;

    /// Removes at most `limit` rows of the realm's own tables (tickets, sessions, families,
    /// grants, consents, revocations, clients, users, …), and the realm's row last. The audit
    /// trail stays.
    async fn sweep(&mut self, id: Id<Realm>, limit: u16) -> Result<Swept, StoreError>;
}

/// What a batch of removal left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// Rows remain.
    More,
    /// Nothing remains.
    Done,
}
