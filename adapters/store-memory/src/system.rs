//! Facts about the store itself.

use async_trait::async_trait;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, FindSystem, System};

use crate::table::{Table, tables};
use crate::view::{Stand, Turn, View};

tables! {
    /// Facts by name.
    SystemTables {
        facts: Table<String, Vec<u8>>,
    }
}

#[async_trait]
impl<S: Stand> FindSystem for View<S> {
    async fn find(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.look(|tables, at| tables.system.facts.get(at, &name.to_owned()).cloned())
    }
}

#[async_trait]
impl System for View<Turn> {
    async fn insert(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let facts = &mut tables.system.facts;
            if facts.contains(at, &name.to_owned()) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            facts.put(at, name.to_owned(), value.to_vec());
            Ok(())
        })
    }

    async fn put(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.change(|tables, at| {
            tables.system.facts.put(at, name.to_owned(), value.to_vec());
            Ok(())
        })
    }
}
