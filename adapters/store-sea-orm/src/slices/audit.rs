//! [`AuditTrail`]: events and the seals over them. The engine writes the seals.

use core::time::Duration;

use async_trait::async_trait;
use gatelodge_domain::{AuditEvent, Digest, Outcome, Seal, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{AuditFilter, AuditTrail, FindAuditEvents, Listed, PositionedEvent};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, SelectStatement};
use sea_orm::{
    ActiveValue, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use super::statement::{FEW, count_few, listed};
use crate::entities::audit_event::{Column, Entity, Model};
use crate::entities::{audit_seal, cell};
use crate::view::{Access, View, Write};

/// Rows of one INSERT: 21 values each, of the 32,766 that SQLite takes.
const ROWS_OF_AN_INSERT: usize = 500;

/// How much later than its own time an event is appended at most: a request's length and the
/// difference of two nodes' clocks, with much to spare.
const SLACK: Duration = Duration::from_hours(1);

/// How far from a moment, beyond the slack, an event is looked for that tells its place in the
/// trail. Without one the trail is read without a bound, which is slower and as true; so a node
/// whose clock was days off misleads nobody.
const REACH: Duration = Duration::from_hours(24);

#[async_trait]
impl<A: Access> FindAuditEvents for View<A> {
    async fn list(
        &mut self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<Listed<PositionedEvent>, StoreError> {
        let mut all = matching(filter);
        if filter.from.is_some() || filter.to.is_some() {
            all = all.add(self.in_time(filter).await?);
        }
        if let Some(before) = before {
            all = all.add(Column::Position.lt(cell::big(before)));
        }
        let query = Entity::find()
            .filter(all)
            .order_by_desc(Column::Position)
            .limit(u64::from(limit) + 1)
            .into_query();
        let events = self
            .executor
            .fetch_all(&query, |row| Model::read(row)?.positioned())
            .await?;
        Ok(listed(events, limit))
    }

    async fn since(
        &mut self,
        position: u64,
        limit: u16,
    ) -> Result<Vec<PositionedEvent>, StoreError> {
        let query = Entity::find()
            .filter(Column::Position.gte(cell::big(position)))
            .order_by_asc(Column::Position)
            .limit(u64::from(limit))
            .into_query();
        self.executor
            .fetch_all(&query, |row| Model::read(row)?.positioned())
            .await
    }

    async fn seals(&mut self, from: u64, limit: u16) -> Result<Vec<Seal>, StoreError> {
        let query = audit_seal::Entity::find()
            .filter(audit_seal::Column::Number.gte(cell::big(from)))
            .order_by_asc(audit_seal::Column::Number)
            .limit(u64::from(limit))
            .into_query();
        self.executor
            .fetch_all(&query, |row| audit_seal::Model::read(row)?.seal())
            .await
    }

    async fn last_seal(&mut self) -> Result<Option<Seal>, StoreError> {
        let query = audit_seal::Entity::find()
            .order_by_desc(audit_seal::Column::Number)
            .limit(1)
            .into_query();
        self.executor
            .fetch_one(&query, |row| audit_seal::Model::read(row)?.seal())
            .await
    }
}

impl<A: Access> View<A> {
    /// The condition that events are of the filter's time, in the form that is quicker.
    async fn in_time(&mut self, filter: &AuditFilter) -> Result<Condition, StoreError> {
        let window = within(filter);
        let events = Entity::find()
            .select_only()
            .column(Column::Position)
            .filter(window.clone());
        let count = count_few(events.into_query());
        let count = self
            .executor
            .fetch_one(&count, |row| cell::number::<u64>(row.first()?));
        Ok(match count.await?.unwrap_or(0) {
            0..=FEW => few_within(window),
            _ => many_within(filter),
        })
    }
}

#[async_trait]
impl AuditTrail for View<Write> {
    async fn append(&mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let digests: Vec<Digest> = events.iter().map(AuditEvent::digest).collect();
        let first = self.executor.append_events(&digests)?;
        let mut position = first.unwrap_or_default();
        let rows = events.iter().zip(&digests).map(|(event, digest)| {
            let mut row = Model::of(event, digest, position).into_active_model();
            if first.is_none() {
                row.position = ActiveValue::NotSet;
            }
            position += 1;
            row
        });
        let rows: Vec<_> = rows.collect();
        for rows in rows.chunks(ROWS_OF_AN_INSERT) {
            let insert = Entity::insert_many(rows.iter().cloned()).into_query();
            self.executor.execute(&insert).await?;
        }
        Ok(())
    }
}

fn matching(filter: &AuditFilter) -> Condition {
    let mut all = Condition::all();
    if let Some(realm) = filter.realm {
        all = all.add(Column::Realm.eq(cell::bytes_of(realm)));
    }
    if let Some(actor) = filter.actor {
        all = all
            .add(Column::Actor.eq(cell::bytes_of_bits(actor.bits())))
            .add(Column::ActorKind.eq(actor.kind()));
    }
    if let Some(action) = filter.action {
        all = all.add(Column::Action.eq(action.as_str()));
    }
    if let Some(target) = filter.target {
        all = all.add(Column::Target.eq(cell::bytes_of_bits(target)));
    }
    if let Some(outcome) = filter.outcome {
        // The index of refusals is found by the literal only. Beside an actor or a target,
        // whose events are fewer still, it is not wanted.
        let is_led = filter.actor.is_some() || filter.target.is_some();
        all = all.add(match outcome {
            Outcome::Denied if !is_led => Expr::cust("\"audit_events\".\"outcome\" = 'denied'"),
            Outcome::Denied | Outcome::Success => Column::Outcome.eq(outcome.as_str()),
        });
    }
    all
}

/// The events of the filter's time.
fn within(filter: &AuditFilter) -> Condition {
    let mut window = Condition::all();
    if let Some(from) = filter.from {
        window = window.add(Column::At.gte(from.as_millis()));
    }
    if let Some(to) = filter.to {
        window = window.add(Column::At.lt(to.as_millis()));
    }
    window
}

/// A window with few events: their positions are gathered.
fn few_within(window: Condition) -> Condition {
    let positions = Entity::find()
        .select_only()
        .column(Column::Position)
        .filter(window)
        .into_query();
    Condition::all().add(Column::Position.in_subquery(positions))
}

/// A window with many events: a run of positions with some slack, in which the page is soon
/// full. The time is asked of an expression, because no index shall be chosen for it.
fn many_within(filter: &AuditFilter) -> Condition {
    let at = || Column::At.into_expr().add(0_i64);
    let mut run = Condition::all();
    if let Some(from) = filter.from {
        run = run.add(at().gte(from.as_millis()));
        run = run.add(Column::Position.into_expr().gt(last_appended_by(from)));
    }
    if let Some(to) = filter.to {
        run = run.add(at().lt(to.as_millis()));
        run = run.add(Column::Position.into_expr().lt(first_appended_after(to)));
    }
    run
}

/// A position up to which nothing of that moment or later was appended; 0 where none is known.
///
/// Positions are almost in the order of time, so a page of a narrow window need not read the
/// millions of events outside of it.
fn last_appended_by(from: Timestamp) -> Expr {
    let near = from.minus(SLACK);
    let event = Entity::find()
        .select_only()
        .column(Column::Position)
        .filter(Column::At.lt(near.as_millis()))
        .filter(Column::At.gte(near.minus(REACH).as_millis()))
        .order_by_desc(Column::At)
        .limit(1)
        .into_query();
    or_else(event, 0)
}

/// A position from which on nothing before that moment was appended; none is higher where none
/// is known.
fn first_appended_after(to: Timestamp) -> Expr {
    let near = to.plus(SLACK);
    let event = Entity::find()
        .select_only()
        .column(Column::Position)
        .filter(Column::At.gte(near.as_millis()))
        .filter(Column::At.lt(near.plus(REACH).as_millis()))
        .order_by_asc(Column::At)
        .limit(1)
        .into_query();
    or_else(event, i64::MAX)
}

fn or_else(position: SelectStatement, otherwise: i64) -> Expr {
    let found = Expr::SubQuery(None, Box::new(position.into()));
    Func::coalesce([found, Expr::value(otherwise)]).into()
}
