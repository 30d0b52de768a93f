//! [`RefreshFamilies`]: rotation is one conditional UPDATE on the generation.

use async_trait::async_trait;
use core::time::Duration;

use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::{Id, Realm, RefreshFamily, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    FamilyFilter, FindRefreshFamilies, RefreshFamilies, RotateFamily, Rotated, Rotation,
};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryTrait as _,
};

use super::statement::{at_most, delete_some};
use crate::entities::cell;
use crate::entities::refresh_family::{Column, Entity, Model};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindRefreshFamilies for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<RefreshFamily>,
    ) -> Result<Option<RefreshFamily>, StoreError> {
        let query = Entity::find().filter(one(realm, id)).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.family())
            .await
    }
}

#[async_trait]
impl RefreshFamilies for View<Write> {
    async fn insert(&mut self, family: &RefreshFamily) -> Result<(), StoreError> {
        let insert = Entity::insert(Model::of(family).into_active_model()).into_query();
        self.executor.execute(&insert).await.map(|_| ())
    }

    async fn rotate(&mut self, step: RotateFamily) -> Result<Rotated, StoreError> {
        let now = step.now.as_millis();
        let mut change = Entity::update_many()
            .col_expr(
                Column::IdleExpiresAt,
                Expr::value(step.idle_expires_at.as_millis()),
            )
            .col_expr(
                Column::DeadAt,
                at_most(Column::ExpiresAt, step.idle_expires_at),
            );
        if step.step == Rotation::Step {
            change = change
                .col_expr(Column::Generation, Expr::col(Column::Generation).add(1_i64))
                .col_expr(Column::RotatedAt, Expr::value(now));
        }
        let mut update = change
            .filter(one(step.realm, step.id))
            .filter(Column::Generation.eq(i64::from(step.generation)))
            .filter(Column::EndedAt.is_null())
            .filter(Column::IdleExpiresAt.gt(now))
            .filter(Column::ExpiresAt.gt(now))
            .into_query();
        update.returning_all();
        let won = self
            .executor
            .fetch_one(&update, |row| Model::read(row)?.family())
            .await?;
        if let Some(family) = won {
            return Ok(Rotated::Done(family));
        }
        let query = Entity::find().filter(one(step.realm, step.id)).into_query();
        let found = self
            .executor
            .fetch_one(&query, |row| Model::read(row)?.family())
            .await?;
        found.map_or(Ok(Rotated::Unknown), |family| why_not(family, &step))
    }

    async fn end_matching(
        &mut self,
        realm: Id<Realm>,
        filter: FamilyFilter,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        if filter == FamilyFilter::default() {
            return Ok(0);
        }
        // A living one is dead from the earliest of its expiries on, or from now.
        let update = Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(at.as_millis()))
            .col_expr(Column::DeadAt, at_most(Column::DeadAt, at))
            .filter(matching(realm, filter))
            .filter(Column::EndedAt.is_null())
            .into_query();
        self.executor.execute(&update).await
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let dead = Column::DeadAt.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(dead, u64::from(limit)))
            .await
    }
}

/// Why a family that is there did not rotate.
fn why_not(family: RefreshFamily, step: &RotateFamily) -> Result<Rotated, StoreError> {
    if !family.is_live(step.now) {
        return Ok(Rotated::Dead(family));
    }
    if family.generation == step.generation {
        // It would have matched: the row is not the one that the UPDATE saw. Nobody has shown
        // that a token was stolen.
        return Err(StoreError::Contended);
    }
    let overlap = Duration::from_millis(u64::from(step.overlap_ms));
    if family.overlaps(step.generation, step.now, overlap) {
        return Ok(Rotated::Overlap(family));
    }
    Ok(Rotated::Reused(family))
}

fn one(realm: Id<Realm>, id: Id<RefreshFamily>) -> Condition {
    Condition::all()
        .add(Column::Realm.eq(cell::bytes_of(realm)))
        .add(Column::Id.eq(cell::bytes_of(id)))
}

fn matching(realm: Id<Realm>, filter: FamilyFilter) -> Condition {
    let mut all = Condition::all().add(Column::Realm.eq(cell::bytes_of(realm)));
    if let Some(grant) = filter.grant {
        all = all.add(Column::GrantId.eq(cell::bytes_of(grant)));
    }
    if let Some(session) = filter.session {
        all = all.add(Column::Session.eq(cell::bytes_of(session)));
    }
    if let Some(subject) = filter.subject {
        all = all
            .add(Column::Subject.eq(cell::bytes_of_bits(subject.bits())))
            .add(Column::SubjectKind.eq(subject.kind()));
    }
    if let Some(client) = filter.client {
        all = all.add(Column::Client.eq(cell::bytes_of(client)));
    }
    if let Some(reach) = filter.reach {
        all = all.add(Column::Offline.eq(reach == FamilyReach::Offline));
    }
    all
}
