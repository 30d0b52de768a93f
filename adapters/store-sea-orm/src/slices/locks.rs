//! [`Locks`]: row locks on PostgreSQL. On SQLite writers take turns, so whoever has the turn
//! has every row, and only whether the row is there is asked.

use async_trait::async_trait;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Lock, Locks};
use sea_orm::{DbBackend, EntityTrait as _, QuerySelect as _, QueryTrait as _};

use crate::entities::{cell, client, realm, user};
use crate::view::{View, Write};

#[async_trait]
impl Locks for View<Write> {
    async fn lock(&mut self, lock: Lock) -> Result<bool, StoreError> {
        let mut query = match lock {
            Lock::Realm(id) => realm::Entity::find_by_id(cell::bytes_of(id))
                .select_only()
                .column(realm::Column::Id)
                .into_query(),
            Lock::User(realm, id) => {
                user::Entity::find_by_id((cell::bytes_of(realm), cell::bytes_of(id)))
                    .select_only()
                    .column(user::Column::Id)
                    .into_query()
            }
            Lock::Client(realm, id) => {
                client::Entity::find_by_id((cell::bytes_of(realm), cell::bytes_of(id)))
                    .select_only()
                    .column(client::Column::Id)
                    .into_query()
            }
        };
        if self.executor.backend() == DbBackend::Postgres {
            query.lock_exclusive();
        }
        Ok(self.executor.fetch_one(&query, |_| Ok(())).await?.is_some())
    }
}
