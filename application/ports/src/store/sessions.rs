//! Browser sign-ins.

use async_trait::async_trait;
use gatelodge_domain::{Digest, Id, Realm, Session, Timestamp, User};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Which sessions to list; all conditions hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionFilter {
    /// Only this person's.
    pub user: Option<Id<User>>,
    /// Only those neither ended nor expired at that time.
    pub live_at: Option<Timestamp>,
}

/// Reads sessions.
#[async_trait]
pub trait FindSessions: Send {
    /// By the digest of the cookie's secret.
    async fn find_by_secret(
        &mut self,
        realm: Id<Realm>,
        secret: &Digest,
    ) -> Result<Option<Session>, StoreError>;

    /// By row id.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
    ) -> Result<Option<Session>, StoreError>;

    /// A page, by row id.
    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: SessionFilter,
        page: PageRequest<Session>,
    ) -> Result<Listed<Session>, StoreError>;
}

/// Writes sessions.
#[async_trait]
pub trait Sessions: FindSessions {
    /// Adds one.
    async fn insert(&mut self, session: &Session) -> Result<(), StoreError>;

    /// Writes secret, authentication, persistence, `seen_at` and `expires_at` where the stored
    /// revision fits and the session has not ended; `Stale` otherwise.
    async fn update(&mut self, session: &Session) -> Result<Session, StoreError>;

    /// Notes that it was used; no revision, no conflict.
    async fn touch(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Ends one; false when there was none alive.
    async fn end(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Ends those of them that have not ended, and counts them; for turns of bulk work.
    async fn end_these(
        &mut self,
        realm: Id<Realm>,
        ids: &[Id<Session>],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut ended = 0;
        for id in ids {
            ended += u64::from(self.end(realm, *id, at).await?);
        }
        Ok(ended)
    }

    /// Ends every session of a person that has not ended, but for the one to be kept, and
    /// answers which.
    async fn end_all_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        keep: Option<Id<Session>>,
        at: Timestamp,
    ) -> Result<Vec<Id<Session>>, StoreError>;

    /// Removes at most `limit` sessions that ended or expired before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;
}
