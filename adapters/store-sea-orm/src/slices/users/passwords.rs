//! [`Passwords`], and what is remembered of earlier ones.

use async_trait::async_trait;
use gatelodge_domain::{Id, PasswordCredential, PasswordHash, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindPasswords, Passwords};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use crate::entities::{cell, password, password_history};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindPasswords for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<PasswordCredential>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (cell::bytes_of(realm), cell::bytes_of(user));
        let values = vec![key.0.clone().into(), key.1.clone().into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            password::Entity::find_by_id(key.clone()).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| password::Model::read(row)?.credential())
            .await
    }

    async fn history(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        limit: u16,
    ) -> Result<Vec<PasswordHash>, StoreError> {
        use password_history::{Column, Entity, Model};
        let query = Entity::find()
            .filter(earlier_of(realm, user))
            .order_by_desc(Column::Revision)
            .limit(u64::from(limit))
            .into_query();
        self.executor
            .fetch_all(&query, |row| {
                Ok(PasswordHash::from_phc(Model::read(row)?.hash))
            })
            .await
    }
}

#[async_trait]
impl Passwords for View<Write> {
    async fn put(&mut self, credential: &PasswordCredential) -> Result<(), StoreError> {
        use password::{Column, Entity, Model};
        // The revision is counted up whatever the caller knew, so that a rehash of the old
        // password that is under way finds itself stale.
        let replace = OnConflict::columns([Column::Realm, Column::UserId])
            .update_columns([Column::Hash, Column::ChangedAt])
            .value(Column::Revision, Column::Revision.into_expr().add(1_i64))
            .to_owned();
        let upsert = Entity::insert(Model::of(credential).into_active_model())
            .on_conflict(replace)
            .into_query();
        self.executor.execute(&upsert).await.map(|_| ())
    }

    async fn rehash(&mut self, credential: &PasswordCredential) -> Result<(), StoreError> {
        use password::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::Hash, Expr::value(credential.hash.as_phc()))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64))
            .filter(Column::Realm.eq(cell::bytes_of(credential.realm)))
            .filter(Column::UserId.eq(cell::bytes_of(credential.user)))
            .filter(Column::Revision.eq(i64::from(credential.revision.0)))
            .into_query();
        match self.executor.execute(&update).await? {
            1 => Ok(()),
            _ => Err(StoreError::Stale),
        }
    }

    async fn remember(
        &mut self,
        credential: &PasswordCredential,
        keep: u16,
    ) -> Result<(), StoreError> {
        use password_history::{Column, Entity, Model};
        let (realm, user) = (credential.realm, credential.user);
        let all = earlier_of(realm, user);
        if keep == 0 {
            let forget = Entity::delete_many().filter(all).into_query();
            return self.executor.execute(&forget).await.map(|_| ());
        }
        let once = OnConflict::columns([Column::Realm, Column::UserId, Column::Revision])
            .do_nothing()
            .to_owned();
        let insert = Entity::insert(Model::of(credential).into_active_model())
            .on_conflict(once)
            .into_query();
        self.executor.execute(&insert).await?;
        let oldest_kept = Entity::find()
            .select_only()
            .column(Column::Revision)
            .filter(all.clone())
            .order_by_desc(Column::Revision)
            .offset(u64::from(keep) - 1)
            .limit(1)
            .into_query();
        let oldest_kept = Expr::SubQuery(None, Box::new(oldest_kept.into()));
        let forget = Entity::delete_many()
            .filter(all.add(Expr::col(Column::Revision).lt(oldest_kept)))
            .into_query();
        self.executor.execute(&forget).await.map(|_| ())
    }

    async fn remove(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<bool, StoreError> {
        let forget = password_history::Entity::delete_many()
            .filter(earlier_of(realm, user))
            .into_query();
        self.executor.execute(&forget).await?;
        let remove = password::Entity::delete_many()
            .filter(password::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(password::Column::UserId.eq(cell::bytes_of(user)))
            .into_query();
        self.executor.execute(&remove).await.map(|rows| rows > 0)
    }
}

/// What is remembered of a person's earlier passwords.
fn earlier_of(realm: Id<Realm>, user: Id<User>) -> Condition {
    Condition::all()
        .add(password_history::Column::Realm.eq(cell::bytes_of(realm)))
        .add(password_history::Column::UserId.eq(cell::bytes_of(user)))
}
