//! [`SigningKeys`]: a realm's signing keys.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, SigningKey};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindSigningKeys, SigningKeys};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QueryTrait as _,
};

use super::statement::return_rows;
use crate::entities::cell;
use crate::entities::signing_key::{Column, Entity, Model};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindSigningKeys for View<A> {
    async fn list(&mut self, realm: Id<Realm>) -> Result<Vec<SigningKey>, StoreError> {
        let query = Entity::find()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .order_by_asc(Column::Id)
            .into_query();
        self.executor
            .fetch_all(&query, |row| Model::read(row)?.signing_key())
            .await
    }

    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<SigningKey>,
    ) -> Result<Option<SigningKey>, StoreError> {
        let query = Entity::find_by_id((cell::bytes_of(realm), cell::bytes_of(id))).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.signing_key())
            .await
    }
}

#[async_trait]
impl SigningKeys for View<Write> {
    async fn insert(&mut self, key: &SigningKey) -> Result<(), StoreError> {
        self.executor.insert(Model::of(key)?).await
    }

    async fn update(&mut self, key: &SigningKey) -> Result<SigningKey, StoreError> {
        let row = Model::of(key)?;
        let mut change = Entity::update_many()
            .col_expr(Column::State, Expr::value(row.state))
            .col_expr(Column::StateSince, Expr::value(row.state_since))
            .col_expr(Column::StateUntil, Expr::value(row.state_until))
            .col_expr(Column::RemovalReason, Expr::value(row.removal_reason))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64));
        if !key.is_published() {
            change = change.col_expr(Column::SealedPrivate, Expr::value(Vec::<u8>::new()));
        }
        let mut update = change
            .filter(Column::Realm.eq(row.realm))
            .filter(Column::Id.eq(row.id))
            .filter(Column::Revision.eq(row.revision))
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.signing_key())
            .await?
            .ok_or(StoreError::Stale)
    }
}
