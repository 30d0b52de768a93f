//! [`AuditTrail`]: events and the seals over them. The engine writes the seals.

use core::time::Duration;

use async_trait::async_trait;
use gatelodge_domain::{AuditEvent, Digest, Outcome, Seal, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{AuditFilter, AuditTrail, FindAuditEvents, Listed, PositionedEvent};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, SelectStatement};
use sea_orm::{
    ActiveValue, ColumnTrait as _, Condition, DbBackend, EntityTrait as _, IdenStatic as _,
    IntoActiveModel as _, Iterable as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _, Select, Statement, StatementBuilder,
};

use super::statement::{FEW, count_few, listed};
use crate::entities::audit_event::{Column, Entity, Model};
use crate::entities::{audit_seal, cell};
use crate::view::{Access, View, Write};

/// What `audit_events_nameless` has in its condition. No id is smaller, and no other index is
/// taken for it.
const NAMELESS: &str = "\"audit_events\".\"actor\" <= x'00000000000000000000000000000000'";

/// Rows of one INSERT: 20 values each, of the 65,535 that PostgreSQL takes.
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
        let backend = self.executor.backend();
        let mut all = matching(filter, backend);
        let mut few = false;
        // Always one upper bound, so that also the first page is a range of positions, and no
        // more than one: SQLite begins at one of two, and it may be the wrong one.
        let mut below = Expr::value(before.map_or(i64::MAX, cell::big));
        if filter.from.is_some() || filter.to.is_some() {
            few = self.has_few_within(filter).await?;
            all = all.add(if few {
                few_within(filter)
            } else {
                many_within(filter)
            });
        }
        if let (Some(to), false) = (filter.to, few) {
            let lesser = match backend {
                DbBackend::Postgres => "least",
                _ => "min",
            };
            let ends = [below, first_appended_after(to)];
            below = Func::cust(lesser).args(ends).into();
        }
        all = all.add(Column::Position.into_expr().lt(below));
        let rows = u64::from(limit) + 1;
        let page = if led_by_realm(filter) && !few && backend == DbBackend::Sqlite {
            newest_of_each_realm(all, rows)
        } else {
            StatementBuilder::build(&newest(Entity::find().filter(all), rows), &backend)
        };
        let events = self
            .executor
            .scan_raw(page, |row| Model::read(row)?.positioned())
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
            .scan(&query, |row| Model::read(row)?.positioned())
            .await
    }

    async fn seals(&mut self, from: u64, limit: u16) -> Result<Vec<Seal>, StoreError> {
        let query = audit_seal::Entity::find()
            .filter(audit_seal::Column::Number.gte(cell::big(from)))
            .order_by_asc(audit_seal::Column::Number)
            .limit(u64::from(limit))
            .into_query();
        self.executor
            .scan(&query, |row| audit_seal::Model::read(row)?.seal())
            .await
    }

    async fn last_seal(&mut self) -> Result<Option<Seal>, StoreError> {
        let query = audit_seal::Entity::find()
            .filter(audit_seal::Column::Number.gt(0_i64))
            .order_by_desc(audit_seal::Column::Number)
            .limit(1)
            .into_query();
        self.executor
            .fetch_one(&query, |row| audit_seal::Model::read(row)?.seal())
            .await
    }
}

impl<A: Access> View<A> {
    /// Whether so few events are of the filter's time that their positions are best gathered.
    async fn has_few_within(&mut self, filter: &AuditFilter) -> Result<bool, StoreError> {
        let events = Entity::find()
            .select_only()
            .column(Column::Position)
            .filter(within(filter));
        let count = count_few(events.into_query());
        let counted = self
            .executor
            .scan(&count, |row| cell::number::<u64>(row.first()?));
        Ok(counted.await?.first().is_none_or(|count| *count <= FEW))
    }
}

/// The newest rows of a selection.
fn newest(events: Select<Entity>, rows: u64) -> SelectStatement {
    events
        .order_by_desc(Column::Position)
        .limit(rows)
        .into_query()
}

/// Whether the index that serves the filter begins with the realm, which the filter leaves
/// open.
fn led_by_realm(filter: &AuditFilter) -> bool {
    let is_rare = filter.action.is_some() || filter.outcome == Some(Outcome::Denied);
    is_rare && filter.realm.is_none() && filter.actor.is_none() && filter.target.is_none()
}

/// The newest rows of every realm: as many of each as could be needed, found in the index that
/// begins with the realm, and of these the newest. The realms are those in the trail, also those
/// that are gone; each is found by one look into an index.
fn newest_of_each_realm(all: Condition, rows: u64) -> Statement {
    let of_one = Expr::cust("\"audit_events\".\"realm\" = \"each\".\"realm\"");
    let of_one = Entity::find()
        .select_only()
        .column(Column::Position)
        .filter(all.add(of_one));
    let of_one = StatementBuilder::build(&newest(of_one, rows), &DbBackend::Sqlite);
    let cells: Vec<String> = Column::iter()
        .map(|column| format!("\"{}\"", column.as_str()))
        .collect();
    let text = format!(
        "WITH RECURSIVE each (realm) AS (\
            SELECT min(realm) FROM audit_events \
            UNION ALL \
            SELECT (SELECT min(next.realm) FROM audit_events AS next \
                WHERE next.realm > each.realm) FROM each WHERE each.realm IS NOT NULL) \
        SELECT {} FROM audit_events WHERE position IN (\
            SELECT found.position FROM each CROSS JOIN audit_events AS found \
            WHERE found.position IN ({})) ORDER BY position DESC LIMIT ?",
        cells.join(", "),
        of_one.sql,
    );
    let mut values = of_one.values.map(|values| values.0).unwrap_or_default();
    values.push(rows.into());
    Statement::from_sql_and_values(DbBackend::Sqlite, text, values)
}

#[async_trait]
impl AuditTrail for View<Write> {
    async fn append(&mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let digests: Vec<Digest> = events.iter().map(AuditEvent::digest).collect();
        let first = self.executor.append_events(&digests)?;
        if let Some(first) = first {
            for ((position, event), digest) in (first..).zip(events).zip(&digests) {
                let row = Model::of(event, digest, position);
                self.executor.insert_last(row).await?;
            }
            return Ok(());
        }
        let rows = events.iter().zip(&digests).map(|(event, digest)| {
            let mut row = Model::of(event, digest, 0).into_active_model();
            row.position = ActiveValue::NotSet;
            row
        });
        let rows: Vec<_> = rows.collect();
        for rows in rows.chunks(ROWS_OF_AN_INSERT) {
            let insert = Entity::insert_many(rows.iter().cloned()).into_query();
            self.executor.execute(&insert).await?;
        }
        Ok(())
    }

    async fn remove_sealed(&mut self, through: &Seal) -> Result<u64, StoreError> {
        let seals = audit_seal::Entity::delete_many()
            .filter(audit_seal::Column::Number.lte(cell::big(through.number)))
            .into_query();
        self.executor.execute(&seals).await?;
        let events = Entity::delete_many()
            .filter(Column::Position.lte(cell::big(through.last)))
            .into_query();
        self.executor.execute(&events).await
    }
}

fn matching(filter: &AuditFilter, backend: DbBackend) -> Condition {
    let mut all = Condition::all();
    if let Some(realm) = filter.realm {
        all = all.add(Column::Realm.eq(cell::bytes_of(realm)));
    }
    if let Some(actor) = filter.actor {
        // On SQLite the actors without an id have an index of their own, which is found by the
        // literal only.
        let by = match actor.bits() {
            0 if backend == DbBackend::Sqlite => Expr::cust(NAMELESS),
            bits => Column::Actor.eq(cell::bytes_of_bits(bits)),
        };
        all = all.add(by).add(Column::ActorKind.eq(actor.kind()));
    }
    if let Some(action) = filter.action {
        // Among refusals, which are few, the index of these is the one to go by.
        let denied = filter.outcome == Some(Outcome::Denied) && backend == DbBackend::Sqlite;
        all = all.add(if denied {
            Expr::cust("\"audit_events\".\"action\" || ''").eq(action.as_str())
        } else {
            Column::Action.eq(action.as_str())
        });
    }
    if let Some(target) = filter.target {
        all = all.add(Column::Target.eq(cell::bytes_of_bits(target)));
    }
    if let Some(outcome) = filter.outcome {
        // The index of refusals is found by the literal, and by a value that is looked at when
        // it is bound. Beside an actor or a target, whose events are fewer still, it is not
        // wanted.
        let is_led = filter.actor.is_some() || filter.target.is_some();
        let is = outcome.as_str();
        all = all.add(match outcome {
            Outcome::Denied if !is_led => Expr::cust("\"audit_events\".\"outcome\" = 'denied'"),
            _ if backend == DbBackend::Sqlite => {
                Expr::cust("\"audit_events\".\"outcome\" || ''").eq(is)
            }
            Outcome::Denied | Outcome::Success => Column::Outcome.eq(is),
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
fn few_within(filter: &AuditFilter) -> Condition {
    let positions = Entity::find()
        .select_only()
        .column(Column::Position)
        .filter(within(filter))
        .into_query();
    Condition::all().add(Column::Position.in_subquery(positions))
}

/// A window with many events: a run of positions with some slack, in which the page is soon
/// full; the upper end of it is for the caller to add. The time is asked of an expression, because no index shall be chosen for it.
fn many_within(filter: &AuditFilter) -> Condition {
    let at = || Column::At.into_expr().add(0_i64);
    let mut run = Condition::all();
    if let Some(from) = filter.from {
        run = run.add(at().gte(from.as_millis()));
        run = run.add(Column::Position.into_expr().gt(last_appended_by(from)));
    }
    if let Some(to) = filter.to {
        run = run.add(at().lt(to.as_millis()));
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
