//! [`Revocations`]: entries and watermarks, which only ever move later.

use async_trait::async_trait;
use gatelodge_domain::revocation::{RevokedThing, TokenFacts, WatermarkOwner};
use gatelodge_domain::{Id, Realm, Revocation, Timestamp, Watermark};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRevocations, Revocations};
use sea_orm::sea_query::{Expr, OnConflict, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _,
};

use super::statement::delete_some;
use crate::entities::{cell, revocation, watermark};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindRevocations for View<A> {
    async fn list(&mut self, now: Timestamp) -> Result<Vec<Revocation>, StoreError> {
        let query = revocation::Entity::find()
            .filter(revocation::Column::Until.gt(now.as_millis()))
            .into_query();
        self.executor
            .scan(&query, |row| revocation::Model::read(row)?.revocation())
            .await
    }

    async fn list_watermarks(&mut self) -> Result<Vec<Watermark>, StoreError> {
        let query = watermark::Entity::find().into_query();
        self.executor
            .scan(&query, |row| watermark::Model::read(row)?.watermark())
            .await
    }

    async fn is_revoked(&mut self, token: &TokenFacts, now: Timestamp) -> Result<bool, StoreError> {
        let mut query = entries_against(token, now);
        query.union(UnionType::All, watermarks_against(token));
        let found = self.executor.fetch_one(&query, |_| Ok(())).await?;
        Ok(found.is_some())
    }
}

fn entries_against(token: &TokenFacts, now: Timestamp) -> SelectStatement {
    use revocation::{Column, Entity};
    let things = [
        Some(RevokedThing::Token(token.token)),
        token.grant.map(RevokedThing::Grant),
        token.session.map(RevokedThing::Session),
    ];
    let any = things
        .into_iter()
        .flatten()
        .fold(Condition::any(), |any, thing| {
            let one = Condition::all()
                .add(Column::Kind.eq(thing.kind()))
                .add(Column::Thing.eq(cell::bytes_of_bits(thing.bits())));
            any.add(one)
        });
    Entity::find()
        .select_only()
        .expr(Expr::cust("1"))
        .filter(Column::Realm.eq(cell::bytes_of(token.realm)))
        .filter(Column::Until.gt(now.as_millis()))
        .filter(any)
        .into_query()
}

fn watermarks_against(token: &TokenFacts) -> SelectStatement {
    use watermark::{Column, Entity};
    let owners = [
        token.user.map(WatermarkOwner::User),
        Some(WatermarkOwner::Client(token.client)),
        Some(WatermarkOwner::Realm),
    ];
    let any = owners
        .into_iter()
        .flatten()
        .fold(Condition::any(), |any, owner| {
            let one = Condition::all()
                .add(Column::OwnerKind.eq(owner.kind()))
                .add(Column::Owner.eq(cell::bytes_of_bits(owner.bits())));
            any.add(one)
        });
    Entity::find()
        .select_only()
        .expr(Expr::cust("1"))
        .filter(Column::Realm.eq(cell::bytes_of(token.realm)))
        .filter(Column::NotBefore.gte(token.token.timestamp().as_millis()))
        .filter(any)
        .into_query()
}

#[async_trait]
impl Revocations for View<Write> {
    async fn add(&mut self, revocation: Revocation) -> Result<(), StoreError> {
        use revocation::{Column, Entity, Model};
        let later = OnConflict::columns([Column::Realm, Column::Kind, Column::Thing])
            .update_column(Column::Until)
            .action_and_where(Column::Until.lt(revocation.until.as_millis()))
            .to_owned();
        let upsert = Entity::insert(Model::of(&revocation).into_active_model())
            .on_conflict(later)
            .into_query();
        self.executor.execute(&upsert).await.map(|_| ())
    }

    async fn raise(&mut self, watermark: Watermark) -> Result<(), StoreError> {
        use watermark::{Column, Entity, Model};
        let forward = OnConflict::columns([Column::Realm, Column::OwnerKind, Column::Owner])
            .update_column(Column::NotBefore)
            .action_and_where(Column::NotBefore.lt(watermark.not_before.as_millis()))
            .to_owned();
        let upsert = Entity::insert(Model::of(&watermark).into_active_model())
            .on_conflict(forward)
            .into_query();
        self.executor.execute(&upsert).await.map(|_| ())
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let dead = revocation::Column::Until.lt(before.as_millis());
        let entries = delete_some::<revocation::Entity>(dead, u64::from(limit));
        self.executor.execute(&entries).await
    }

    async fn sweep_watermarks(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let dead = watermark::Column::NotBefore.lt(before.as_millis());
        let watermarks = delete_some::<watermark::Entity>(dead, u64::from(limit));
        self.executor.execute(&watermarks).await
    }

    async fn forget(&mut self, realm: Id<Realm>) -> Result<(), StoreError> {
        let delete = watermark::Entity::delete_many()
            .filter(watermark::Column::Realm.eq(cell::bytes_of(realm)))
            .into_query();
        self.executor.execute(&delete).await.map(|_| ())
    }
}
