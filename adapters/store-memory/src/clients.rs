//! Clients.

use core::ops::Bound;
use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::{Client, ClientId, Id, Origin, Realm, RedirectUri, Subject};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    ClientFilter, Clients, Duplicate, FamilyFilter, FindClients, GrantFilter, Listed, PageRequest,
};

use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

type Key = (Id<Realm>, Id<Client>);

tables! {
    /// Clients by row id and by `client_id`.
    ClientTables {
        rows: Table<Key, Client>,
        by_client_id: Table<(Id<Realm>, String), Id<Client>>,
    }
}

impl ClientTables {
    /// Writes a row whose `client_id` is its own or free.
    fn write(&mut self, at: Moment, client: &Client) -> Result<(), StoreError> {
        let client_id = (client.realm, client.client_id.as_str().to_owned());
        if self
            .by_client_id
            .get(at, &client_id)
            .is_some_and(|id| *id != client.id)
        {
            return Err(StoreError::Duplicate(Duplicate::ClientId));
        }
        self.erase(at, (client.realm, client.id));
        self.by_client_id.put(at, client_id, client.id);
        self.rows.put(at, (client.realm, client.id), client.clone());
        Ok(())
    }

    /// Removes a row and its index.
    fn erase(&mut self, at: Moment, key: Key) -> bool {
        let Some(client) = self.rows.get(at, &key) else {
            return false;
        };
        let client_id = client.client_id.as_str().to_owned();
        self.by_client_id.remove(at, (key.0, client_id));
        self.rows.remove(at, key);
        true
    }

    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let rows = self.rows.range(at, rows_of(realm, None)).take(limit);
        let keys: Vec<Key> = rows.map(|(key, _)| *key).collect();
        for key in &keys {
            self.erase(at, *key);
        }
        keys.len()
    }

    fn page(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: &ClientFilter,
        page: &PageRequest<Client>,
    ) -> Listed<Client> {
        let fits = |client: &&Client| {
            let begins = |prefix: &String| {
                let name = client.name.as_str().to_ascii_lowercase();
                name.starts_with(&prefix.to_ascii_lowercase())
            };
            filter
                .enabled
                .is_none_or(|enabled| client.is_enabled() == enabled)
                && filter.name_prefix.as_ref().is_none_or(begins)
                && filter.origin.is_none_or(|origin| client.origin == origin)
                && filter
                    .grant_type
                    .as_ref()
                    .is_none_or(|grant_type| client.may_use(grant_type))
        };
        let Some(prefix) = &filter.client_id_prefix else {
            let rows = self.rows.range(at, rows_of(realm, page.after));
            return page_of(rows.map(|(_, client)| client).filter(fits), page.limit);
        };
        let from = Bound::Included((realm, prefix.clone()));
        let named = self.by_client_id.range(at, (from, Bound::Unbounded));
        let named = named.take_while(|((of, text), _)| *of == realm && text.starts_with(prefix));
        let mut ids: Vec<Id<Client>> = named.map(|(_, id)| *id).collect();
        ids.retain(|id| page.after.is_none_or(|after| after < *id));
        ids.sort_unstable();
        let rows = ids.iter().filter_map(|id| self.rows.get(at, &(realm, *id)));
        page_of(rows.filter(fits), page.limit)
    }

    fn allowed_origins(&self, at: Moment, realm: Id<Realm>) -> BTreeSet<Origin> {
        let rows = self
            .rows
            .range(at, rows_of(realm, None))
            .map(|(_, client)| client);
        rows.filter(|client| client.is_enabled())
            .flat_map(|client| {
                let redirects = client.redirect_uris.iter().filter_map(RedirectUri::origin);
                client.allowed_origins.iter().cloned().chain(redirects)
            })
            .collect()
    }
}

#[async_trait]
impl<S: Stand> FindClients for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<Client>,
    ) -> Result<Option<Client>, StoreError> {
        self.look(|tables, at| tables.clients.rows.get(at, &(realm, id)).cloned())
    }

    async fn find_by_client_id(
        &mut self,
        realm: Id<Realm>,
        client_id: &ClientId,
    ) -> Result<Option<Client>, StoreError> {
        self.look(|tables, at| {
            let key = (realm, client_id.as_str().to_owned());
            let id = tables.clients.by_client_id.get(at, &key)?;
            tables.clients.rows.get(at, &(realm, *id)).cloned()
        })
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: &ClientFilter,
        page: PageRequest<Client>,
    ) -> Result<Listed<Client>, StoreError> {
        self.look(|tables, at| tables.clients.page(at, realm, filter, &page))
    }

    async fn allowed_origins(&mut self, realm: Id<Realm>) -> Result<Vec<Origin>, StoreError> {
        self.look(|tables, at| {
            tables
                .clients
                .allowed_origins(at, realm)
                .into_iter()
                .collect()
        })
    }
}

#[async_trait]
impl Clients for View<Turn> {
    async fn insert(&mut self, client: &Client) -> Result<(), StoreError> {
        self.change(|tables, at| {
            if tables.clients.rows.contains(at, &(client.realm, client.id)) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            tables.clients.write(at, client)
        })
    }

    async fn update(&mut self, client: &Client) -> Result<Client, StoreError> {
        self.change(|tables, at| {
            let stored = tables.clients.rows.get(at, &(client.realm, client.id));
            let stored = stored.filter(|stored| stored.revision == client.revision);
            let created_at = stored.ok_or(StoreError::Stale)?.created_at;
            let revision = client.revision.next();
            let updated = Client {
                created_at,
                revision,
                ..client.clone()
            };
            tables.clients.write(at, &updated)?;
            Ok(updated)
        })
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<Client>) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            if !tables.clients.erase(at, (realm, id)) {
                return Ok(false);
            }
            tables.roles.remove_holder(at, realm, Subject::Client(id));
            tables.consents.remove_of_client(at, realm, id);
            tables.tickets.remove_of_client(at, realm, id);
            let given = FamilyFilter {
                client: Some(id),
                ..FamilyFilter::default()
            };
            tables.families.remove_matching(at, realm, &given);
            let given = GrantFilter {
                client: Some(id),
                ..GrantFilter::default()
            };
            tables.grants.remove_matching(at, realm, &given);
            Ok(true)
        })
    }
}
