//! Signing keys.

use async_trait::async_trait;
use gatelodge_domain::signing_key::KeyState;
use gatelodge_domain::{Id, Realm, SigningKey};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, FindSigningKeys, SigningKeys};

use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, rows_of};

tables! {
    /// Signing keys by row id.
    KeyTables {
        rows: Table<(Id<Realm>, Id<SigningKey>), SigningKey>,
    }
}

impl KeyTables {
    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let rows = self.rows.range(at, rows_of(realm, None)).take(limit);
        let keys: Vec<_> = rows.map(|(key, _)| *key).collect();
        for key in &keys {
            self.rows.remove(at, *key);
        }
        keys.len()
    }
}

#[async_trait]
impl<S: Stand> FindSigningKeys for View<S> {
    async fn list(&mut self, realm: Id<Realm>) -> Result<Vec<SigningKey>, StoreError> {
        self.look(|tables, at| {
            let rows = tables.keys.rows.range(at, rows_of(realm, None));
            rows.map(|(_, key)| key.clone()).collect()
        })
    }

    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<SigningKey>,
    ) -> Result<Option<SigningKey>, StoreError> {
        self.look(|tables, at| tables.keys.rows.get(at, &(realm, id)).cloned())
    }
}

#[async_trait]
impl SigningKeys for View<Turn> {
    async fn insert(&mut self, key: &SigningKey) -> Result<(), StoreError> {
        self.change(|tables, at| {
            if tables.keys.rows.contains(at, &(key.realm, key.id)) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            tables.keys.rows.put(at, (key.realm, key.id), key.clone());
            Ok(())
        })
    }

    async fn update(&mut self, key: &SigningKey) -> Result<SigningKey, StoreError> {
        self.change(|tables, at| {
            let (rows, id) = (&mut tables.keys.rows, (key.realm, key.id));
            let mut updated = rows.get(at, &id).cloned().ok_or(StoreError::Stale)?;
            if updated.revision != key.revision {
                return Err(StoreError::Stale);
            }
            updated.state = key.state;
            updated.revision = key.revision.next();
            if matches!(key.state, KeyState::Removed { .. }) {
                updated.sealed_private.clear();
            }
            rows.put(at, id, updated.clone());
            Ok(updated)
        })
    }
}
