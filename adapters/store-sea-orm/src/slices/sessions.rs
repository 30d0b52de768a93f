//! [`Sessions`].

use async_trait::async_trait;
use gatelodge_domain::{Digest, Id, Realm, Session, Timestamp, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindSessions, Listed, PageRequest, SessionFilter, Sessions};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryTrait as _};

use super::search::Search;
use super::statement::{at_most, delete_some, listed, page, return_rows, sorted, unled};
use crate::entities::cell;
use crate::entities::session::{Column, Entity, Model};
use crate::row::Row;
use crate::shape::Shape;
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindSessions for View<A> {
    async fn find_by_secret(
        &mut self,
        realm: Id<Realm>,
        secret: &Digest,
    ) -> Result<Option<Session>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let values = vec![
            cell::bytes_of(realm).into(),
            secret.as_bytes().to_vec().into(),
        ];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            let key = of(realm).add(Column::Secret.eq(secret.as_bytes().to_vec()));
            Entity::find().filter(key).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.session())
            .await
    }

    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
    ) -> Result<Option<Session>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let values = vec![cell::bytes_of(realm).into(), cell::bytes_of(id).into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find().filter(one(realm, id)).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.session())
            .await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: SessionFilter,
        request: PageRequest<Session>,
    ) -> Result<Listed<Session>, StoreError> {
        let mut all = of(realm);
        if let Some(user) = filter.user {
            all = all.add(Column::UserId.eq(cell::bytes_of(user)));
        }
        let live = filter.live_at.map(alive);
        let read = |row: &Row<'_>| Model::read(row)?.session();
        if let (Some(live), None) = (&live, filter.user) {
            // Those that are over are kept for a while, and there may be many of them in front.
            let in_realm = unled(Column::Realm).eq(cell::bytes_of(realm));
            let search = Search::<Entity> {
                all,
                wanted: live.clone(),
                gathered: live.clone().add(in_realm),
                key: Column::Id,
            };
            return self.search(search, &request, read).await;
        }
        if let Some(live) = live {
            all = all.add(live);
        }
        let query = page(Entity::find().filter(all), Column::Id, &request);
        let sessions = self.executor.scan(&query, read).await?;
        Ok(listed(sessions, request.limit))
    }
}

#[async_trait]
impl Sessions for View<Write> {
    async fn insert(&mut self, session: &Session) -> Result<(), StoreError> {
        self.executor.insert(Model::of(session)).await
    }

    async fn update(&mut self, session: &Session) -> Result<Session, StoreError> {
        let row = Model::of(session);
        let mut update = Entity::update_many()
            .col_expr(Column::Secret, Expr::value(row.secret))
            .col_expr(Column::AuthenticatedAt, Expr::value(row.authenticated_at))
            .col_expr(Column::Amr, Expr::value(row.amr))
            .col_expr(Column::Acr, Expr::value(row.acr))
            .col_expr(Column::Remembered, Expr::value(row.remembered))
            .col_expr(Column::SeenAt, Expr::value(row.seen_at))
            .col_expr(Column::ExpiresAt, Expr::value(row.expires_at))
            .col_expr(Column::DeadAt, Expr::value(row.expires_at))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64))
            .filter(one(session.realm, session.id))
            .filter(Column::Revision.eq(row.revision))
            .filter(Column::EndedAt.is_null())
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.session())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn touch(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        static SHAPE: Shape = Shape::new();
        let at = at.as_millis();
        let (in_realm, row) = (cell::bytes_of(realm), cell::bytes_of(id));
        let values = vec![at.into(), in_realm.into(), row.into(), at.into()];
        let update = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::update_many()
                .col_expr(Column::SeenAt, Expr::value(at))
                .filter(one(realm, id))
                .filter(Column::SeenAt.lt(at))
                .into_query()
        });
        self.executor.execute_raw(update).await.map(|_| ())
    }

    async fn end(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(at.as_millis()))
            .col_expr(Column::DeadAt, at_most(Column::ExpiresAt, at))
            .filter(one(realm, id))
            .filter(Column::EndedAt.is_null())
            .into_query();
        self.executor.execute(&update).await.map(|rows| rows > 0)
    }

    async fn end_these(
        &mut self,
        realm: Id<Realm>,
        ids: &[Id<Session>],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let these = Column::Id.is_in(ids.iter().map(|id| cell::bytes_of(*id)));
        let update = Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(at.as_millis()))
            .col_expr(Column::DeadAt, at_most(Column::ExpiresAt, at))
            .filter(of(realm).add(these))
            .filter(Column::EndedAt.is_null())
            .into_query();
        self.executor.execute(&update).await
    }

    async fn end_all_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        keep: Option<Id<Session>>,
        at: Timestamp,
    ) -> Result<Vec<Id<Session>>, StoreError> {
        let mut theirs = of(realm).add(Column::UserId.eq(cell::bytes_of(user)));
        if let Some(keep) = keep {
            theirs = theirs.add(Column::Id.ne(cell::bytes_of(keep)));
        }
        let mut update = Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(at.as_millis()))
            .col_expr(Column::DeadAt, at_most(Column::ExpiresAt, at))
            .filter(theirs)
            .filter(Column::EndedAt.is_null())
            .into_query();
        update.returning_col(Column::Id);
        let ended = self
            .executor
            .fetch_all(&update, |row| cell::id(&row.get::<Vec<u8>>("id")?));
        ended.await.map(sorted)
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let dead = Column::DeadAt.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(dead, u64::from(limit)))
            .await
    }
}

/// Not ended and not expired, in the words of the index by which they are swept.
fn alive(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::DeadAt.gt(now.as_millis()))
        .add(Column::EndedAt.is_null())
}

fn of(realm: Id<Realm>) -> Condition {
    Condition::all().add(Column::Realm.eq(cell::bytes_of(realm)))
}

fn one(realm: Id<Realm>, id: Id<Session>) -> Condition {
    of(realm).add(Column::Id.eq(cell::bytes_of(id)))
}
