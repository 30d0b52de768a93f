//! [`Changes`]: the feed.
//!
//! On SQLite numbers follow the order of commits, because there is one writer. On PostgreSQL a
//! lower number may be committed after a higher one was read. A row there keeps the snapshot in
//! which it was written: every transaction that can still bring a lower number is invisible in
//! it. These are that row's *late* rows. A reader who has reached a row is told of its late rows
//! each time that more of them have become visible, and of nothing twice after that; what else
//! runs on the server, and for how long, does not matter.
//!
//! So a reader's place there is the number of the row that it has reached and how many of its
//! late rows it was told of, in one integer: `number * 2^20 + told`. A page may be longer than
//! `limit` where more late rows than that appear at once, which takes as many transactions.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Change, Changes, FindChanges, NumberedChange};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveValue, ColumnTrait as _, DbBackend, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Statement,
};

use super::statement::delete_some;
use crate::entities::cell;
use crate::entities::change::{Column, Entity, Model};
use crate::row::Row;
use crate::view::{Access, View, Write};

/// By what a row's number is multiplied in a place.
const PLACES: u64 = 1 << 20;

/// What makes a row `late` one of the late rows of the row `reached`.
macro_rules! is_late {
    () => {
        "late.number < reached.number \
         AND late.transaction_id <> reached.transaction_id \
         AND late.transaction_id >= pg_snapshot_xmin(reached.snapshot) \
         AND NOT pg_visible_in_snapshot(late.transaction_id, reached.snapshot)"
    };
}

/// `$1` is the number that the reader has reached, `$2` how many late rows it was told of, `$3`
/// the limit. One statement, so that all of it is seen in one snapshot.
///
/// Only the last row's place says how many of its late rows are visible: they are in this page
/// or were told before. A reader who stops short of it is told again.
const SINCE_ON_POSTGRES: &str = concat!(
    "WITH tardy AS MATERIALIZED (\
        SELECT late.* FROM changes AS reached JOIN changes AS late ON ",
    is_late!(),
    " WHERE reached.number = $1), \
    told AS (SELECT count(*) AS late FROM tardy), \
    fresh AS MATERIALIZED (\
        SELECT * FROM changes WHERE number > $1 ORDER BY number \
        LIMIT (SELECT CASE WHEN late > $2 THEN greatest($3 - late, 0) ELSE $3 END FROM told)), \
    ahead AS (SELECT max(number) AS number FROM fresh) \
    SELECT $1 * 1048576 + told.late AS number, \
        kind, realm, thing_kind, thing, moment, at, tardy.number AS written \
    FROM tardy, told WHERE told.late > $2 \
    UNION ALL \
    SELECT reached.number * 1048576 + CASE WHEN reached.number = ahead.number \
            THEN (SELECT count(*) FROM changes AS late WHERE ",
    is_late!(),
    ") ELSE 0 END, kind, realm, thing_kind, thing, moment, at, reached.number \
    FROM fresh AS reached, ahead ORDER BY number, written",
);

/// The place of a reader who begins now.
const POSITION_ON_POSTGRES: &str = concat!(
    "SELECT reached.number * 1048576 + (SELECT count(*) FROM changes AS late WHERE ",
    is_late!(),
    ") FROM changes AS reached ORDER BY reached.number DESC LIMIT 1",
);

#[async_trait]
impl<A: Access> FindChanges for View<A> {
    async fn since(&mut self, place: u64, limit: u16) -> Result<Vec<NumberedChange>, StoreError> {
        if self.executor.backend() == DbBackend::Postgres {
            let (number, told) = (cell::big(place / PLACES), cell::big(place % PLACES));
            let values = [number.into(), told.into(), i64::from(limit).into()];
            let query =
                Statement::from_sql_and_values(DbBackend::Postgres, SINCE_ON_POSTGRES, values);
            return self.executor.fetch_raw(query, numbered).await;
        }
        let query = Entity::find()
            .filter(Column::Number.gt(cell::big(place)))
            .order_by_asc(Column::Number)
            .limit(u64::from(limit))
            .into_query();
        self.executor.fetch_all(&query, numbered).await
    }

    async fn position(&mut self) -> Result<u64, StoreError> {
        // An empty feed begins at 0.
        let highest = |row: &Row<'_>| cell::number(row.first::<Option<i64>>()?.unwrap_or(0));
        let highest = if self.executor.backend() == DbBackend::Postgres {
            let query = Statement::from_string(DbBackend::Postgres, POSITION_ON_POSTGRES);
            self.executor
                .fetch_raw(query, highest)
                .await?
                .into_iter()
                .next()
        } else {
            let number = Expr::col(Column::Number).max();
            let query = Entity::find().select_only().expr(number).into_query();
            self.executor.fetch_one(&query, highest).await?
        };
        Ok(highest.unwrap_or(0))
    }
}

#[async_trait]
impl Changes for View<Write> {
    async fn announce(&mut self, change: Change, at: Timestamp) -> Result<(), StoreError> {
        let mut row = Model::of(change, at).into_active_model();
        row.number = ActiveValue::NotSet;
        self.executor
            .execute(&Entity::insert(row).into_query())
            .await?;
        self.executor.note_change();
        Ok(())
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let old = Column::At.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(old, u64::from(limit)))
            .await
    }
}

fn numbered(row: &Row<'_>) -> Result<NumberedChange, StoreError> {
    let row = Model::read(row)?;
    Ok(NumberedChange {
        number: cell::number(row.number)?,
        change: row.change()?,
    })
}
