//! A person's own key, under which whatever the audit trail knows of them is sealed.
//! Destroying it forgets them without changing an event.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, User};

use crate::StoreError;

/// Reads subject keys.
#[async_trait]
pub trait FindSubjectKeys: Send {
    /// The sealed key of a person, if they have one still.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Writes subject keys.
#[async_trait]
pub trait SubjectKeys: FindSubjectKeys {
    /// Adds a person's key.
    async fn insert(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        sealed: &[u8],
    ) -> Result<(), StoreError>;

    /// Destroys a person's key. False when there was none.
    async fn destroy(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<bool, StoreError>;
}
