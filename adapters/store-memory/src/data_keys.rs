//! Data keys, wrapped by the master key.

use async_trait::async_trait;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{DataKeys, Duplicate, FindDataKeys, WrappedDataKey};
use gatelodge_ports::vault::DataKeyPurpose;

use crate::table::{Table, tables};
use crate::view::{Stand, Turn, View};

tables! {
    /// Data keys by purpose and version.
    DataKeyTables {
        rows: Table<(DataKeyPurpose, u32), WrappedDataKey>,
    }
}

#[async_trait]
impl<S: Stand> FindDataKeys for View<S> {
    async fn list(&mut self) -> Result<Vec<WrappedDataKey>, StoreError> {
        self.look(|tables, at| {
            tables
                .data_keys
                .rows
                .iter(at)
                .map(|(_, key)| key.clone())
                .collect()
        })
    }
}

#[async_trait]
impl DataKeys for View<Turn> {
    async fn insert(&mut self, key: &WrappedDataKey) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let (rows, id) = (&mut tables.data_keys.rows, (key.purpose, key.version));
            if rows.contains(at, &id) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            rows.put(at, id, key.clone());
            Ok(())
        })
    }

    async fn rewrap(&mut self, key: &WrappedDataKey) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let (rows, id) = (&mut tables.data_keys.rows, (key.purpose, key.version));
            let stored = rows.get(at, &id).cloned().ok_or(StoreError::Stale)?;
            rows.put(
                at,
                id,
                WrappedDataKey {
                    wrapped: key.wrapped.clone(),
                    ..stored
                },
            );
            Ok(())
        })
    }
}
