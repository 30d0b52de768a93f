//! [`Changes`]: the feed.
//!
//! On SQLite numbers follow the order of commits, because there is one writer. On PostgreSQL a
//! lower number may be committed after a higher one was read. A row there keeps the snapshot in
//! which it was written, so whoever has read up to a row is told, besides what is new, of lower
//! numbers whose transactions that row's writer could not see yet: every number that was open
//! at that moment is among them, and nothing older. They come under the reader's own number, so
//! that its place in the feed never goes back, and above `limit`, so that they cannot keep it
//! from going on; there are only as many as transactions ran at once.

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

/// `$1` is the reader's number, `$2` the limit.
const SINCE_ON_POSTGRES: &str = "\
    SELECT * FROM ( \
        (SELECT number, kind, realm, thing_kind, thing, moment, at FROM changes \
         WHERE number > $1 ORDER BY number LIMIT $2) \
        UNION ALL \
        SELECT $1, late.kind, late.realm, late.thing_kind, late.thing, late.moment, late.at \
        FROM changes late JOIN changes reached ON reached.number = $1 \
        WHERE late.number < $1 \
          AND late.transaction_id <> reached.transaction_id \
          AND late.transaction_id >= pg_snapshot_xmin(reached.snapshot) \
          AND NOT pg_visible_in_snapshot(late.transaction_id, reached.snapshot) \
    ) AS feed ORDER BY number";

#[async_trait]
impl<A: Access> FindChanges for View<A> {
    async fn since(&mut self, number: u64, limit: u16) -> Result<Vec<NumberedChange>, StoreError> {
        let number = cell::big(number);
        if self.executor.backend() == DbBackend::Postgres {
            let values = [number.into(), i64::from(limit).into()];
            let query =
                Statement::from_sql_and_values(DbBackend::Postgres, SINCE_ON_POSTGRES, values);
            return self.executor.fetch_raw(query, numbered).await;
        }
        let query = Entity::find()
            .filter(Column::Number.gt(number))
            .order_by_asc(Column::Number)
            .limit(u64::from(limit))
            .into_query();
        self.executor.fetch_all(&query, numbered).await
    }

    async fn position(&mut self) -> Result<u64, StoreError> {
        let query = Entity::find()
            .select_only()
            .expr(Expr::col(Column::Number).max())
            .into_query();
        let highest = self
            .executor
            .fetch_one(&query, |row| row.first::<Option<i64>>())
            .await?;
        highest.flatten().map_or(Ok(0), cell::number)
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
