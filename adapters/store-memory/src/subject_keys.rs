//! Keys of people's personal data in the trail.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, FindSubjectKeys, SubjectKeys};

use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, rows_of};

tables! {
    /// Sealed keys by person.
    SubjectKeyTables {
        rows: Table<(Id<Realm>, Id<User>), Vec<u8>>,
    }
}

impl SubjectKeyTables {
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
impl<S: Stand> FindSubjectKeys for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.look(|tables, at| tables.subject_keys.rows.get(at, &(realm, user)).cloned())
    }
}

#[async_trait]
impl SubjectKeys for View<Turn> {
    async fn insert(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        sealed: &[u8],
    ) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let rows = &mut tables.subject_keys.rows;
            if rows.contains(at, &(realm, user)) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            rows.put(at, (realm, user), sealed.to_vec());
            Ok(())
        })
    }

    async fn destroy(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let rows = &mut tables.subject_keys.rows;
            let was_there = rows.contains(at, &(realm, user));
            rows.remove(at, (realm, user));
            Ok(was_there)
        })
    }
}
