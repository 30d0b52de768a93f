//! [`System`]: facts about the store itself.

use async_trait::async_trait;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindSystem, System};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _, QueryTrait as _};

use crate::entities::system_fact::{Column, Entity, Model};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindSystem for View<A> {
    async fn find(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let query = Entity::find_by_id(name).into_query();
        self.executor
            .fetch_one(&query, |row| Ok(Model::read(row)?.value))
            .await
    }
}

#[async_trait]
impl System for View<Write> {
    async fn insert(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let row = Model {
            name: name.to_owned(),
            value: value.to_vec(),
        };
        let insert = Entity::insert(row.into_active_model()).into_query();
        self.executor.execute(&insert).await.map(|_| ())
    }

    async fn put(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let row = Model {
            name: name.to_owned(),
            value: value.to_vec(),
        };
        let upsert = Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::column(Column::Name)
                    .update_column(Column::Value)
                    .to_owned(),
            )
            .into_query();
        self.executor.execute(&upsert).await.map(|_| ())
    }
}
