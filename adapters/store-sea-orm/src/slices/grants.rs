//! [`Grants`].

use async_trait::async_trait;
use gatelodge_domain::{Grant, Id, Realm, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindGrants, GrantFilter, Grants, Listed, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryTrait as _};

use super::search::Search;
use super::statement::{at_most, delete_some, listed, page, sorted, unled};
use crate::entities::cell;
use crate::entities::grant::{Column, Entity, Model};
use crate::row::Row;
use crate::shape::Shape;
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindGrants for View<A> {
    async fn find(&mut self, realm: Id<Realm>, id: Id<Grant>) -> Result<Option<Grant>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let values = vec![cell::bytes_of(realm).into(), cell::bytes_of(id).into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find().filter(one(realm, id)).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.grant())
            .await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: GrantFilter,
        request: PageRequest<Grant>,
    ) -> Result<Listed<Grant>, StoreError> {
        let read = |row: &Row<'_>| Model::read(row)?.grant();
        if let (Some(now), true) = (filter.live_at, is_wide(filter)) {
            // As with sessions: those that are over may be many, and in front.
            let all = GrantFilter {
                live_at: None,
                ..filter
            };
            let in_realm = unled(Column::Realm).eq(cell::bytes_of(realm));
            let search = Search::<Entity> {
                all: matching(realm, all),
                wanted: alive(now),
                gathered: alive(now).add(in_realm),
                key: Column::Id,
            };
            return self.search(search, &request, read).await;
        }
        let all = Entity::find().filter(matching(realm, filter));
        let query = page(all, Column::Id, &request);
        let grants = self.executor.scan(&query, read).await?;
        Ok(listed(grants, request.limit))
    }
}

#[async_trait]
impl Grants for View<Write> {
    async fn insert(&mut self, grant: &Grant) -> Result<(), StoreError> {
        self.executor.insert(Model::of(grant)).await
    }

    async fn end(
        &mut self,
        realm: Id<Realm>,
        id: Id<Grant>,
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

    async fn end_matching(
        &mut self,
        realm: Id<Realm>,
        filter: GrantFilter,
        at: Timestamp,
    ) -> Result<Vec<Id<Grant>>, StoreError> {
        if filter == GrantFilter::default() {
            return Ok(Vec::new());
        }
        let mut update = Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(at.as_millis()))
            .col_expr(Column::DeadAt, at_most(Column::ExpiresAt, at))
            .filter(matching(realm, filter))
            .filter(Column::EndedAt.is_null())
            .into_query();
        update.returning_col(Column::Id);
        let ended = self
            .executor
            .fetch_all(&update, |row| cell::id(&row.get::<Vec<u8>>("id")?));
        ended.await.map(sorted)
    }

    async fn end_these(
        &mut self,
        realm: Id<Realm>,
        ids: &[Id<Grant>],
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

    async fn extend(
        &mut self,
        realm: Id<Realm>,
        id: Id<Grant>,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        static SHAPE: Shape = Shape::new();
        let until = until.as_millis();
        let (in_realm, row) = (cell::bytes_of(realm), cell::bytes_of(id));
        let mut values = vec![until.into(); 4];
        values.extend([in_realm.into(), row.into(), until.into()]);
        let update = SHAPE.with(self.executor.backend(), values, |_| {
            // One that has ended stays dead from its end on, or from its expiry if that was
            // first.
            let dead_at = Expr::case(Column::EndedAt.is_null(), until)
                .case(Column::EndedAt.gt(until), until)
                .finally(Expr::col(Column::EndedAt));
            Entity::update_many()
                .col_expr(Column::ExpiresAt, Expr::value(until))
                .col_expr(Column::DeadAt, dead_at.into())
                .filter(one(realm, id))
                .filter(Column::ExpiresAt.lt(until))
                .into_query()
        });
        self.executor.execute_raw(update).await.map(|_| ())
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let dead = Column::DeadAt.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(dead, u64::from(limit)))
            .await
    }
}

/// Whether nothing but perhaps its being alive narrows the list.
fn is_wide(filter: GrantFilter) -> bool {
    filter.user.is_none() && filter.client.is_none() && filter.session.is_none()
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

fn one(realm: Id<Realm>, id: Id<Grant>) -> Condition {
    of(realm).add(Column::Id.eq(cell::bytes_of(id)))
}

fn matching(realm: Id<Realm>, filter: GrantFilter) -> Condition {
    let mut all = of(realm);
    if let Some(user) = filter.user {
        all = all
            .add(Column::Subject.eq(cell::bytes_of(user)))
            .add(Column::SubjectKind.eq("user"));
    }
    if let Some(client) = filter.client {
        let client = cell::bytes_of(client);
        // A client has many more than a person or a session.
        let is_led = filter.user.is_some() || filter.session.is_some();
        all = all.add(if is_led {
            unled(Column::Client).eq(client)
        } else {
            Column::Client.eq(client)
        });
    }
    if let Some(session) = filter.session {
        all = all.add(Column::Session.eq(cell::bytes_of(session)));
    }
    match filter.live_at {
        Some(now) => all.add(alive(now)),
        None => all,
    }
}
