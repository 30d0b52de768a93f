//! Remembered answers of people to clients.

use async_trait::async_trait;
use gatelodge_domain::{Client, Consent, Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Consents, FindConsents};

use crate::index::Links;
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View};

type Key = (Id<Realm>, Id<User>, Id<Client>);

tables! {
    /// Consents by person and client, and by client.
    ConsentTables {
        rows: Table<Key, Consent>,
        by_client: Links<Id<Client>, Id<User>>,
    }
}

impl ConsentTables {
    fn of_user(&self, at: Moment, realm: Id<Realm>, user: Id<User>) -> Vec<Consent> {
        let first = (realm, user, Id::from_u128(0));
        let last = (realm, user, Id::from_u128(u128::MAX));
        self.rows
            .range(at, first..=last)
            .map(|(_, consent)| consent.clone())
            .collect()
    }

    fn erase(&mut self, at: Moment, key: Key) -> bool {
        let was_there = self.rows.contains(at, &key);
        self.by_client.remove(at, key.0, key.2, key.1);
        self.rows.remove(at, key);
        was_there
    }

    /// Forgets all that a person agreed to.
    pub(crate) fn remove_of_user(&mut self, at: Moment, realm: Id<Realm>, user: Id<User>) {
        for consent in self.of_user(at, realm, user) {
            self.erase(at, (realm, user, consent.client));
        }
    }

    /// Forgets all that was agreed to for a client.
    pub(crate) fn remove_of_client(&mut self, at: Moment, realm: Id<Realm>, client: Id<Client>) {
        let users: Vec<Id<User>> = self.by_client.of(at, realm, client).collect();
        for user in users {
            self.erase(at, (realm, user, client));
        }
    }

    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let first = (realm, Id::from_u128(0), Id::from_u128(0));
        let last = (realm, Id::from_u128(u128::MAX), Id::from_u128(u128::MAX));
        let rows = self.rows.range(at, first..=last).take(limit);
        let keys: Vec<Key> = rows.map(|(key, _)| *key).collect();
        for key in &keys {
            self.erase(at, *key);
        }
        keys.len()
    }
}

#[async_trait]
impl<S: Stand> FindConsents for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        client: Id<Client>,
    ) -> Result<Option<Consent>, StoreError> {
        self.look(|tables, at| {
            tables
                .consents
                .rows
                .get(at, &(realm, user, client))
                .cloned()
        })
    }

    async fn list_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Consent>, StoreError> {
        self.look(|tables, at| tables.consents.of_user(at, realm, user))
    }
}

#[async_trait]
impl Consents for View<Turn> {
    async fn put(&mut self, consent: &Consent) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let (realm, user, client) = (consent.realm, consent.user, consent.client);
            tables.consents.by_client.put(at, realm, client, user);
            tables
                .consents
                .rows
                .put(at, (realm, user, client), consent.clone());
            Ok(())
        })
    }

    async fn remove(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        client: Id<Client>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.consents.erase(at, (realm, user, client))))
    }
}
