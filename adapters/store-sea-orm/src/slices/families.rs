//! [`RefreshFamilies`]: rotation is one conditional UPDATE on the generation. There are two forms
//! of it, and where the first changed nothing the second decides.

use async_trait::async_trait;
use core::time::Duration;

use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::{Grant, Id, Realm, RefreshFamily, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    FamilyFilter, FindRefreshFamilies, RefreshFamilies, RotateFamily, Rotated, Rotation,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, UpdateStatement};
use sea_orm::{
    ColumnTrait as _, Condition, DbBackend, EntityTrait as _, QueryFilter as _, QueryTrait as _,
    Statement, Value,
};

use super::statement::{at_most, delete_some, return_rows};
use crate::entities::cell;
use crate::entities::refresh_family::{Column, Entity, Model};
use crate::row::Row;
use crate::shape::Shape;
use crate::view::{Access, View, Write};

/// How far `dead_at` may be behind the moment at which a living family will be dead.
///
/// Each rotation puts that moment off, and would move the family in the index of `dead_at`: two
/// pages to write more, and on PostgreSQL an entry in every other index, too. Families are kept
/// for days after their death, so the release before, which sweeps by `dead_at` alone, removes
/// none that lives.
const BEHIND: Duration = Duration::from_hours(2);

#[async_trait]
impl<A: Access> FindRefreshFamilies for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<RefreshFamily>,
    ) -> Result<Option<RefreshFamily>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let values = vec![cell::bytes_of(realm).into(), cell::bytes_of(id).into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find().filter(one(realm, id)).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.family())
            .await
    }
}

#[async_trait]
impl RefreshFamilies for View<Write> {
    async fn insert(&mut self, family: &RefreshFamily) -> Result<(), StoreError> {
        self.executor.insert(Model::of(family)).await
    }

    async fn rotate(&mut self, step: RotateFamily) -> Result<Rotated, StoreError> {
        let quick = quick_rotation(self.executor.backend(), &step);
        let read = |row: &Row<'_>| Model::read(row)?.family();
        let mut won = self.executor.fetch_one_raw(quick, read).await?;
        if won.is_none() {
            let update = rotation(&step, Death::Told);
            won = self.executor.fetch_one(&update, read).await?;
        }
        if let Some(family) = won {
            return Ok(Rotated::Done(family));
        }
        let found = FindRefreshFamilies::find(self, step.realm, step.id).await?;
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

    async fn end_of_grants(
        &mut self,
        realm: Id<Realm>,
        grants: &[Id<Grant>],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        if grants.is_empty() {
            return Ok(0);
        }
        let theirs = Column::GrantId.is_in(grants.iter().map(|grant| cell::bytes_of(*grant)));
        let update = Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(at.as_millis()))
            .col_expr(Column::DeadAt, at_most(Column::DeadAt, at))
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(theirs)
            .filter(Column::EndedAt.is_null())
            .into_query();
        self.executor.execute(&update).await
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let before = before.as_millis();
        // `dead_at` finds them; of a living one it may be a little behind.
        let died = Condition::any()
            .add(Column::EndedAt.lt(before))
            .add(Column::IdleExpiresAt.lt(before))
            .add(Column::ExpiresAt.lt(before));
        let dead = Condition::all().add(Column::DeadAt.lt(before)).add(died);
        self.executor
            .execute(&delete_some::<Entity>(dead, u64::from(limit)))
            .await
    }
}

/// Whether a rotation tells the index by which families are swept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Death {
    /// It moves the family there.
    Told,
    /// It leaves the family where it is, if that is not too far behind.
    Near,
}

/// The rotation in most cases, in which `dead_at` is left alone.
fn quick_rotation(backend: DbBackend, step: &RotateFamily) -> Statement {
    static STEP: Shape = Shape::new();
    static STAY: Shape = Shape::new();
    let (now, idle_end) = (step.now.as_millis(), step.idle_expires_at.as_millis());
    let mut values: Vec<Value> = vec![idle_end.into()];
    if step.step == Rotation::Step {
        values.extend([1_i64.into(), now.into()]);
    }
    values.extend([
        cell::bytes_of(step.realm).into(),
        cell::bytes_of(step.id).into(),
        i64::from(step.generation).into(),
        now.into(),
        now.into(),
        step.idle_expires_at.minus(BEHIND).as_millis().into(),
        behind().into(),
    ]);
    let shape = match step.step {
        Rotation::Step => &STEP,
        Rotation::Stay => &STAY,
    };
    shape.with(backend, values, |_| rotation(step, Death::Near))
}

fn rotation(step: &RotateFamily, death: Death) -> UpdateStatement {
    let now = step.now.as_millis();
    let idle_end = step.idle_expires_at;
    let mut change =
        Entity::update_many().col_expr(Column::IdleExpiresAt, Expr::value(idle_end.as_millis()));
    if step.step == Rotation::Step {
        change = change
            .col_expr(Column::Generation, Expr::col(Column::Generation).add(1_i64))
            .col_expr(Column::RotatedAt, Expr::value(now));
    }
    if death == Death::Told {
        change = change.col_expr(Column::DeadAt, at_most(Column::ExpiresAt, idle_end));
    }
    change = change
        .filter(one(step.realm, step.id))
        .filter(Column::Generation.eq(i64::from(step.generation)))
        .filter(Column::EndedAt.is_null())
        .filter(Column::IdleExpiresAt.gt(now))
        .filter(Column::ExpiresAt.gt(now));
    if death == Death::Near {
        let told = Expr::col(Column::DeadAt).add(behind());
        let near = Condition::any()
            .add(Column::DeadAt.gte(idle_end.minus(BEHIND).as_millis()))
            .add(told.gte(Expr::col(Column::ExpiresAt)));
        change = change.filter(near);
    }
    let mut update = change.into_query();
    return_rows::<Entity>(&mut update);
    update
}

fn behind() -> i64 {
    i64::try_from(BEHIND.as_millis()).unwrap_or(i64::MAX)
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
    if let Some(session) = filter.not_session {
        let another = Condition::any()
            .add(Column::Session.is_null())
            .add(Column::Session.ne(cell::bytes_of(session)));
        all = all.add(another);
    }
    all
}
