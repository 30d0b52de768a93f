//! [`DataKeys`]: wrapped data keys.

use async_trait::async_trait;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{DataKeys, FindDataKeys, WrappedDataKey};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _};

use crate::entities::data_key::{Column, Entity, Model};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindDataKeys for View<A> {
    async fn list(&mut self) -> Result<Vec<WrappedDataKey>, StoreError> {
        let query = Entity::find().into_query();
        let mut keys = self
            .executor
            .fetch_all(&query, |row| Model::read(row)?.data_key())
            .await?;
        // In the order of the purposes, which is not that of their names.
        keys.sort_unstable_by_key(|key| (key.purpose, key.version));
        Ok(keys)
    }
}

#[async_trait]
impl DataKeys for View<Write> {
    async fn insert(&mut self, key: &WrappedDataKey) -> Result<(), StoreError> {
        self.executor.insert(Model::of(key)).await
    }

    async fn rewrap(&mut self, key: &WrappedDataKey) -> Result<(), StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::Wrapped, Expr::value(key.wrapped.clone()))
            .filter(Column::Purpose.eq(key.purpose.as_str()))
            .filter(Column::Version.eq(i64::from(key.version)))
            .into_query();
        match self.executor.execute(&update).await? {
            1 => Ok(()),
            _ => Err(StoreError::Stale),
        }
    }
}
