//! Documents of a realm.

use async_trait::async_trait;
use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::{Id, Realm, RealmDocument, Revision};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRealmDocuments, RealmDocuments};

use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View};

type Key = (Id<Realm>, DocumentKind, String);

tables! {
    /// Documents by realm, kind and name.
    DocumentTables {
        rows: Table<Key, RealmDocument>,
    }
}

impl DocumentTables {
    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let first = (realm, DocumentKind::ALL[0], String::new());
        let rows = self.rows.range(at, first..);
        let keys: Vec<Key> = rows
            .map(|(key, _)| key.clone())
            .take_while(|(of, ..)| *of == realm)
            .take(limit)
            .collect();
        for key in &keys {
            self.rows.remove(at, key.clone());
        }
        keys.len()
    }
}

#[async_trait]
impl<S: Stand> FindRealmDocuments for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
        name: &str,
    ) -> Result<Option<RealmDocument>, StoreError> {
        let key = (realm, kind, name.to_owned());
        self.look(|tables, at| tables.documents.rows.get(at, &key).cloned())
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
    ) -> Result<Vec<RealmDocument>, StoreError> {
        self.look(|tables, at| {
            let rows = tables
                .documents
                .rows
                .range(at, (realm, kind, String::new())..);
            rows.map(|(_, document)| document)
                .take_while(|document| document.realm == realm && document.kind == kind)
                .cloned()
                .collect()
        })
    }
}

#[async_trait]
impl RealmDocuments for View<Turn> {
    async fn put(
        &mut self,
        document: &RealmDocument,
        read: Option<Revision>,
    ) -> Result<RealmDocument, StoreError> {
        self.change(|tables, at| {
            let rows = &mut tables.documents.rows;
            let key = (document.realm, document.kind, document.name.clone());
            let stored = rows.get(at, &key).map(|stored| stored.revision);
            if stored != read {
                return Err(StoreError::Stale);
            }
            let written = RealmDocument {
                revision: stored.map_or(Revision::FIRST, Revision::next),
                ..document.clone()
            };
            rows.put(at, key, written.clone());
            Ok(written)
        })
    }

    async fn remove(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
        name: &str,
        read: Revision,
    ) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let rows = &mut tables.documents.rows;
            let key = (realm, kind, name.to_owned());
            let stored = rows.get(at, &key).map(|stored| stored.revision);
            if stored != Some(read) {
                return Err(StoreError::Stale);
            }
            rows.remove(at, key);
            Ok(())
        })
    }
}
