//! Authorizations.

use async_trait::async_trait;
use gatelodge_domain::{Client, Grant, Id, Realm, Session, Timestamp, User};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Which grants to list or end; all conditions hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GrantFilter {
    /// Only this person's.
    pub user: Option<Id<User>>,
    /// Only those given to this client.
    pub client: Option<Id<Client>>,
    /// Only those of this browser sign-in.
    pub session: Option<Id<Session>>,
    /// Only those neither ended nor expired at that time.
    pub live_at: Option<Timestamp>,
}

/// Reads grants.
#[async_trait]
pub trait FindGrants: Send {
    /// By row id.
    async fn find(&mut self, realm: Id<Realm>, id: Id<Grant>) -> Result<Option<Grant>, StoreError>;

    /// A page, by row id.
    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: GrantFilter,
        page: PageRequest<Grant>,
    ) -> Result<Listed<Grant>, StoreError>;
}

/// Writes grants.
#[async_trait]
pub trait Grants: FindGrants {
    /// Adds one.
    async fn insert(&mut self, grant: &Grant) -> Result<(), StoreError>;

    /// Ends one; false when there was none alive.
    async fn end(
        &mut self,
        realm: Id<Realm>,
        id: Id<Grant>,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Ends all that match and have not ended, and answers which. An empty filter ends nothing.
    async fn end_matching(
        &mut self,
        realm: Id<Realm>,
        filter: GrantFilter,
        at: Timestamp,
    ) -> Result<Vec<Id<Grant>>, StoreError>;

    /// Ends those of them that have not ended, and counts them; for turns of bulk work.
    async fn end_these(
        &mut self,
        realm: Id<Realm>,
        ids: &[Id<Grant>],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut ended = 0;
        for id in ids {
            ended += u64::from(self.end(realm, *id, at).await?);
        }
        Ok(ended)
    }

    /// Moves `expires_at` later, never earlier; for a refresh family that lives on.
    async fn extend(
        &mut self,
        realm: Id<Realm>,
        id: Id<Grant>,
        until: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes at most `limit` grants that ended or expired before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;
}
