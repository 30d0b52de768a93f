//! [`Grants`].

use async_trait::async_trait;
use gatelodge_domain::{Grant, Id, Realm, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindGrants, GrantFilter, Grants, Listed, PageRequest};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryTrait as _,
};

use super::statement::{at_most, delete_some, listed, page, sorted};
use crate::entities::cell;
use crate::entities::grant::{Column, Entity, Model};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindGrants for View<A> {
    async fn find(&mut self, realm: Id<Realm>, id: Id<Grant>) -> Result<Option<Grant>, StoreError> {
        let query = Entity::find().filter(one(realm, id)).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.grant())
            .await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: GrantFilter,
        request: PageRequest<Grant>,
    ) -> Result<Listed<Grant>, StoreError> {
        let query = page(
            Entity::find().filter(matching(realm, filter)),
            Column::Id,
            &request,
        );
        let grants = self
            .executor
            .fetch_all(&query, |row| Model::read(row)?.grant())
            .await?;
        Ok(listed(grants, request.limit))
    }
}

#[async_trait]
impl Grants for View<Write> {
    async fn insert(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let insert = Entity::insert(Model::of(grant).into_active_model()).into_query();
        self.executor.execute(&insert).await.map(|_| ())
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

    async fn extend(
        &mut self,
        realm: Id<Realm>,
        id: Id<Grant>,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let until = until.as_millis();
        // One that has ended stays dead from its end on, or from its expiry if that was first.
        let dead_at = Expr::case(Column::EndedAt.is_null(), until)
            .case(Column::EndedAt.gt(until), until)
            .finally(Expr::col(Column::EndedAt));
        let update = Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(until))
            .col_expr(Column::DeadAt, dead_at.into())
            .filter(one(realm, id))
            .filter(Column::ExpiresAt.lt(until))
            .into_query();
        self.executor.execute(&update).await.map(|_| ())
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let dead = Column::DeadAt.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(dead, u64::from(limit)))
            .await
    }
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
        all = all.add(Column::Client.eq(cell::bytes_of(client)));
    }
    if let Some(session) = filter.session {
        all = all.add(Column::Session.eq(cell::bytes_of(session)));
    }
    if let Some(now) = filter.live_at {
        all = all
            .add(Column::EndedAt.is_null())
            .add(Column::ExpiresAt.gt(now.as_millis()));
    }
    all
}
