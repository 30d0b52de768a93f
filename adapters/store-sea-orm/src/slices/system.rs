//! [`System`]: facts about the store itself.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindSystem, System};
use sea_orm::sea_query::OnConflict;
use sea_orm::{DbBackend, EntityTrait as _, IntoActiveModel as _, QueryTrait as _, Statement};

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

    async fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        // SQLite would tell this process's own clock.
        if self.executor.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let query = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let query = Statement::from_string(DbBackend::Postgres, query);
        let told = self
            .executor
            .fetch_raw(query, |row| Ok(Timestamp::from_millis(row.first()?)))
            .await?;
        Ok(told.into_iter().next())
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
