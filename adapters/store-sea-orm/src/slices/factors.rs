//! [`Factors`].

use async_trait::async_trait;
use gatelodge_domain::factor::recovery_codes::StoredRecoveryCode;
use gatelodge_domain::{Digest, Factor, Id, Realm, Timestamp, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Factors, FindFactors, Spent};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QueryTrait as _,
};

use super::statement::return_rows;
use crate::entities::factor::{Column, Entity, Model};
use crate::entities::{cell, recovery_code};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindFactors for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<Option<Factor>, StoreError> {
        let query = Entity::find().filter(theirs(realm, user, id)).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.factor())
            .await
    }

    async fn list_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Factor>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let (in_realm, of_user) = (cell::bytes_of(realm), cell::bytes_of(user));
        let values = vec![in_realm.clone().into(), of_user.clone().into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find()
                .filter(Column::Realm.eq(in_realm.clone()))
                .filter(Column::UserId.eq(of_user.clone()))
                .order_by_asc(Column::Id)
                .into_query()
        });
        self.executor
            .fetch_raw(query, |row| Model::read(row)?.factor())
            .await
    }

    async fn recovery_codes_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<StoredRecoveryCode>, StoreError> {
        let query = recovery_code::Entity::find()
            .filter(codes_of(realm, user))
            .order_by_asc(recovery_code::Column::Digest)
            .into_query();
        self.executor
            .fetch_all(&query, |row| recovery_code::Model::read(row)?.code())
            .await
    }
}

#[async_trait]
impl Factors for View<Write> {
    async fn insert(&mut self, factor: &Factor) -> Result<(), StoreError> {
        self.executor.insert(Model::of(factor)).await
    }

    async fn rename(&mut self, factor: &Factor) -> Result<Factor, StoreError> {
        let mut update = Entity::update_many()
            .col_expr(Column::Name, Expr::value(factor.name.as_str()))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64))
            .filter(theirs(factor.realm, factor.user, factor.id))
            .filter(Column::Revision.eq(i64::from(factor.revision.0)))
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.factor())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn make_primary(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<(), StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::IsPrimary, Column::Id.eq(cell::bytes_of(id)))
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::UserId.eq(cell::bytes_of(user)))
            .into_query();
        self.executor.execute(&update).await.map(|_| ())
    }

    async fn use_step(
        &mut self,
        realm: Id<Realm>,
        id: Id<Factor>,
        step: u64,
        at: Timestamp,
    ) -> Result<Spent, StoreError> {
        let step = cell::big(step);
        let update = Entity::update_many()
            .col_expr(Column::LastStep, Expr::value(step))
            .col_expr(Column::LastUsedAt, Expr::value(at.as_millis()))
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::Id.eq(cell::bytes_of(id)))
            .filter(Column::LastStep.lt(step))
            .into_query();
        self.executor.execute(&update).await.map(spent)
    }

    async fn remove(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<bool, StoreError> {
        let delete = Entity::delete_many()
            .filter(theirs(realm, user, id))
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
    }

    async fn remove_all_of(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<u64, StoreError> {
        let codes = recovery_code::Entity::delete_many()
            .filter(codes_of(realm, user))
            .into_query();
        self.executor.execute(&codes).await?;
        let factors = Entity::delete_many()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::UserId.eq(cell::bytes_of(user)))
            .into_query();
        self.executor.execute(&factors).await
    }

    async fn replace_recovery_codes(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        codes: &[StoredRecoveryCode],
    ) -> Result<(), StoreError> {
        let former = recovery_code::Entity::delete_many()
            .filter(codes_of(realm, user))
            .into_query();
        self.executor.execute(&former).await?;
        for code in codes {
            self.executor.insert(recovery_code::Model::of(code)).await?;
        }
        Ok(())
    }

    async fn use_recovery_code(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        digest: &Digest,
        at: Timestamp,
    ) -> Result<Spent, StoreError> {
        use recovery_code::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(at.as_millis()))
            .filter(codes_of(realm, user))
            .filter(Column::Digest.eq(digest.as_bytes().to_vec()))
            .filter(Column::UsedAt.is_null())
            .into_query();
        self.executor.execute(&update).await.map(spent)
    }
}

fn spent(rows: u64) -> Spent {
    if rows > 0 { Spent::Now } else { Spent::Not }
}

fn theirs(realm: Id<Realm>, user: Id<User>, id: Id<Factor>) -> Condition {
    Condition::all()
        .add(Column::Realm.eq(cell::bytes_of(realm)))
        .add(Column::Id.eq(cell::bytes_of(id)))
        .add(Column::UserId.eq(cell::bytes_of(user)))
}

fn codes_of(realm: Id<Realm>, user: Id<User>) -> Condition {
    use recovery_code::Column;
    Condition::all()
        .add(Column::Realm.eq(cell::bytes_of(realm)))
        .add(Column::UserId.eq(cell::bytes_of(user)))
}
