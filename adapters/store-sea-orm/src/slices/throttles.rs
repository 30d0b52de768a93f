//! [`Throttles`]: counting is one upsert, so that of many failures at once none is lost.

use async_trait::async_trait;
use gatelodge_domain::throttle::Throttle;
use gatelodge_domain::{Digest, Id, Realm, Timestamp, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindThrottles, Listed, PageRequest, ThrottleFilter, Throttles};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, IntoColumnRef as _, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IdenStatic as _, IntoActiveModel as _,
    Iterable as _, QueryFilter as _, QueryTrait as _,
};

use super::statement::{delete_some, listed, page};
use crate::entities::cell;
use crate::entities::throttle::{Column, Entity, Model};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindThrottles for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        digest: &Digest,
    ) -> Result<Option<Throttle>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let values = vec![
            cell::bytes_of(realm).into(),
            digest.as_bytes().to_vec().into(),
        ];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find().filter(one(realm, digest)).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.throttle())
            .await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: ThrottleFilter,
        request: PageRequest<Throttle>,
    ) -> Result<Listed<Throttle>, StoreError> {
        let mut rows = Entity::find().filter(Column::Realm.eq(cell::bytes_of(realm)));
        if let Some(digest) = filter.digest {
            rows = rows.filter(Column::Digest.eq(digest.as_bytes().to_vec()));
        }
        if let Some(user) = filter.user {
            rows = rows.filter(Column::UserId.eq(cell::bytes_of(user)));
        }
        if let Some(now) = filter.live_at {
            rows = rows.filter(Column::ExpiresAt.gt(now.as_millis()));
        }
        let query = page(rows, Column::Id, &request);
        let throttles = self
            .executor
            .scan(&query, |row| Model::read(row)?.throttle())
            .await?;
        Ok(listed(throttles, request.limit))
    }
}

#[async_trait]
impl Throttles for View<Write> {
    async fn count(&mut self, first: &Throttle) -> Result<Throttle, StoreError> {
        let mut upsert = Entity::insert(Model::of(first).into_active_model()).into_query();
        upsert.on_conflict(one_more());
        upsert.returning(Query::returning().columns(Column::iter()));
        self.executor
            .fetch_one(&upsert, |row| Model::read(row)?.throttle())
            .await?
            .ok_or_else(|| StoreError::broken("an upsert answered no row"))
    }

    async fn hold(&mut self, throttle: &Throttle) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(
                Column::BlockedUntil,
                Expr::value(throttle.blocked_until.as_millis()),
            )
            .col_expr(
                Column::ExpiresAt,
                Expr::value(throttle.expires_at.as_millis()),
            )
            .filter(Column::Realm.eq(cell::bytes_of(throttle.realm)))
            .filter(Column::Id.eq(cell::bytes_of(throttle.id)))
            .filter(Column::Failures.eq(i64::from(throttle.failures)))
            .into_query();
        self.executor.execute(&update).await.map(|rows| rows > 0)
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<Throttle>) -> Result<bool, StoreError> {
        let delete = Entity::delete_many()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::Id.eq(cell::bytes_of(id)))
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
    }

    async fn clear(&mut self, realm: Id<Realm>, digest: &Digest) -> Result<(), StoreError> {
        let delete = Entity::delete_many()
            .filter(one(realm, digest))
            .into_query();
        self.executor.execute(&delete).await.map(|_| ())
    }

    async fn remove_of(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<u64, StoreError> {
        let delete = Entity::delete_many()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::UserId.eq(cell::bytes_of(user)))
            .into_query();
        self.executor.execute(&delete).await
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let forgotten = Column::ExpiresAt.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(forgotten, u64::from(limit)))
            .await
    }
}

fn one(realm: Id<Realm>, digest: &Digest) -> Condition {
    Condition::all()
        .add(Column::Realm.eq(cell::bytes_of(realm)))
        .add(Column::Digest.eq(digest.as_bytes().to_vec()))
}

/// One more failure, or the first one again where the count was forgotten.
fn one_more() -> OnConflict {
    let stored = |column: Column| column.into_expr();
    let offered = |column: Column| {
        Expr::col((Alias::new("excluded"), Alias::new(column.as_str())).into_column_ref())
    };
    let forgotten = || stored(Column::ExpiresAt).lte(offered(Column::LastFailedAt));
    let begun_again = |column: Column, otherwise: Expr| -> Expr {
        Expr::case(forgotten(), offered(column))
            .finally(otherwise)
            .into()
    };
    let later: Expr = Expr::case(
        stored(Column::ExpiresAt).gt(offered(Column::ExpiresAt)),
        stored(Column::ExpiresAt),
    )
    .finally(offered(Column::ExpiresAt))
    .into();
    OnConflict::columns([Column::Realm, Column::Digest])
        .update_columns([Column::UserId, Column::LastFailedAt])
        .value(
            Column::Failures,
            begun_again(Column::Failures, stored(Column::Failures).add(1_i64)),
        )
        .value(
            Column::BlockedUntil,
            begun_again(Column::BlockedUntil, stored(Column::BlockedUntil)),
        )
        .value(
            Column::CreatedAt,
            begun_again(Column::CreatedAt, stored(Column::CreatedAt)),
        )
        .value(Column::ExpiresAt, begun_again(Column::ExpiresAt, later))
        .to_owned()
}
