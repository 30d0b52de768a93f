//! Clients.

use async_trait::async_trait;
use gatelodge_domain::client::ClientOrigin;
use gatelodge_domain::{Client, ClientId, Id, Origin, Realm};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Which clients to list; all conditions hold together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientFilter {
    /// `client_id` begins with this text.
    pub client_id_prefix: Option<String>,
    /// The name that people see begins with this text; ASCII letters in either case.
    pub name_prefix: Option<String>,
    /// Only enabled (`true`) or disabled (`false`) ones.
    pub enabled: Option<bool>,
    /// Only those that such a party registered.
    pub origin: Option<ClientOrigin>,
    /// Only those that may use this grant type.
    pub grant_type: Option<String>,
}

/// Reads clients.
#[async_trait]
pub trait FindClients: Send {
    /// By row id.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<Client>,
    ) -> Result<Option<Client>, StoreError>;

    /// By `client_id`.
    async fn find_by_client_id(
        &mut self,
        realm: Id<Realm>,
        client_id: &ClientId,
    ) -> Result<Option<Client>, StoreError>;

    /// A page, by row id.
    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: &ClientFilter,
        page: PageRequest<Client>,
    ) -> Result<Listed<Client>, StoreError>;

    /// Every origin that some enabled client of the realm allows, for preflights.
    async fn allowed_origins(&mut self, realm: Id<Realm>) -> Result<Vec<Origin>, StoreError>;
}

/// Writes clients.
#[async_trait]
pub trait Clients: FindClients {
    /// Adds one with its secrets; `Duplicate(ClientId)` when taken.
    async fn insert(&mut self, client: &Client) -> Result<(), StoreError>;

    /// Writes all but id, realm and `created_at`, secrets included, where the stored revision
    /// is `client.revision`, and counts it up; `Stale` otherwise.
    async fn update(&mut self, client: &Client) -> Result<Client, StoreError>;

    /// Removes some of what was given to the client, about `limit` rows, and counts them; for
    /// turns of bulk work before it is removed. An adapter whose [`Self::remove`] is quick
    /// however much there is need not do anything.
    async fn strip(
        &mut self,
        realm: Id<Realm>,
        id: Id<Client>,
        limit: u16,
    ) -> Result<u64, StoreError> {
        let _ = (realm, id, limit);
        Ok(0)
    }

    /// Removes the client and all that was given to it (grants, consents, families, tickets).
    /// False when there was none.
    async fn remove(&mut self, realm: Id<Realm>, id: Id<Client>) -> Result<bool, StoreError>;
}
