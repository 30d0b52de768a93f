//! Counts of failed tries that make who keeps failing wait.

use async_trait::async_trait;
use gatelodge_domain::throttle::Throttle;
use gatelodge_domain::{Digest, Id, Realm, Timestamp, User};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Which counts to list; all conditions hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThrottleFilter {
    /// Only of this person.
    pub user: Option<Id<User>>,
    /// Only this one.
    pub digest: Option<Digest>,
    /// Only those that are not forgotten at that time.
    pub live_at: Option<Timestamp>,
}

/// Reads counts.
#[async_trait]
pub trait FindThrottles: Send {
    /// By the digest of what it counts.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        digest: &Digest,
    ) -> Result<Option<Throttle>, StoreError>;

    /// A page, by row id.
    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: ThrottleFilter,
        page: PageRequest<Throttle>,
    ) -> Result<Listed<Throttle>, StoreError>;
}

/// Writes counts.
#[async_trait]
pub trait Throttles: FindThrottles {
    /// Counts a failure, and answers how the count stands: `first` as it is where there was
    /// none or it was forgotten at `first.last_failed_at` (row id and label stay those of the
    /// older row), else one more failure than before, with the user, `last_failed_at` of
    /// `first` and the later `expires_at`. One statement.
    async fn count(&mut self, first: &Throttle) -> Result<Throttle, StoreError>;

    /// Holds up and remembers until those moments, where no failure was counted since the
    /// count stood so. False where one was: who counted it says how long.
    async fn hold(&mut self, throttle: &Throttle) -> Result<bool, StoreError>;

    /// Removes one by row id. False when there was none.
    async fn remove(&mut self, realm: Id<Realm>, id: Id<Throttle>) -> Result<bool, StoreError>;

    /// Removes one by its digest, after a try that succeeded.
    async fn clear(&mut self, realm: Id<Realm>, digest: &Digest) -> Result<(), StoreError>;

    /// Removes all of a person's; answers how many.
    async fn remove_of(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<u64, StoreError>;

    /// Removes at most `limit` that were forgotten before then.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError>;
}
