//! Remembered answers of people to clients.

use async_trait::async_trait;
use gatelodge_domain::{Client, Consent, Id, Realm, User};

use crate::StoreError;

/// Reads consents.
#[async_trait]
pub trait FindConsents: Send {
    /// What a person agreed to for a client.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        client: Id<Client>,
    ) -> Result<Option<Consent>, StoreError>;

    /// All of a person's, by client id.
    async fn list_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Consent>, StoreError>;
}

/// Writes consents.
#[async_trait]
pub trait Consents: FindConsents {
    /// Adds or replaces the answer for that person and client.
    async fn put(&mut self, consent: &Consent) -> Result<(), StoreError>;

    /// Forgets it; false when there was none.
    async fn remove(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        client: Id<Client>,
    ) -> Result<bool, StoreError>;
}
