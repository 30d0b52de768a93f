//! People's second factors and recovery codes.

use async_trait::async_trait;
use gatelodge_domain::factor::recovery_codes::StoredRecoveryCode;
use gatelodge_domain::{Digest, Factor, Id, Realm, Timestamp, User};

use crate::StoreError;

/// Whether something that is good once was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// It was, and is not any more; exactly one caller ever sees this.
    Now,
    /// It was used before, or there is none.
    Not,
}

/// Reads factors.
#[async_trait]
pub trait FindFactors: Send {
    /// One of a person's.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<Option<Factor>, StoreError>;

    /// All of a person's, by row id.
    async fn list_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Factor>, StoreError>;

    /// A person's recovery codes, used ones too, by digest.
    async fn recovery_codes_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<StoredRecoveryCode>, StoreError>;
}

/// Writes factors.
#[async_trait]
pub trait Factors: FindFactors {
    /// Adds one; `Duplicate(Key)` where its id is taken.
    async fn insert(&mut self, factor: &Factor) -> Result<(), StoreError>;

    /// Writes its name where the stored revision is `factor.revision`, and counts it up;
    /// `Stale` otherwise.
    async fn rename(&mut self, factor: &Factor) -> Result<Factor, StoreError>;

    /// Makes one of a person's factors the primary one and all others further ones, in one
    /// statement; where the person has no such factor, none is primary afterwards.
    async fn make_primary(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<(), StoreError>;

    /// Uses a time step or counter up: sets `last_step` to `step` and `last_used_at` where
    /// `last_step` is less. One statement, whose row count decides.
    async fn use_step(
        &mut self,
        realm: Id<Realm>,
        id: Id<Factor>,
        step: u64,
        at: Timestamp,
    ) -> Result<Spent, StoreError>;

    /// Removes one of a person's. False when there was none.
    async fn remove(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<bool, StoreError>;

    /// Removes all of a person's, and their recovery codes; answers how many factors.
    async fn remove_all_of(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<u64, StoreError>;

    /// Puts new recovery codes in the place of all that a person had.
    async fn replace_recovery_codes(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        codes: &[StoredRecoveryCode],
    ) -> Result<(), StoreError>;

    /// Uses a recovery code up: sets `used_at` where it is null. One statement.
    async fn use_recovery_code(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        digest: &Digest,
        at: Timestamp,
    ) -> Result<Spent, StoreError>;
}
