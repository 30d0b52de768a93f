//! [`Outbox`].

use async_trait::async_trait;
use gatelodge_domain::{Id, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Message, Outbox};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
};

use super::statement::{delete_some, return_rows};
use crate::entities::cell;
use crate::entities::message::{Column, Entity, Model};
use crate::view::{View, Write};

#[async_trait]
impl Outbox for View<Write> {
    async fn enqueue(&mut self, message: &Message) -> Result<(), StoreError> {
        self.executor.insert(Model::of(message)).await
    }

    async fn take(
        &mut self,
        channel: &str,
        now: Timestamp,
        retry_at: Timestamp,
        limit: u16,
    ) -> Result<Vec<Message>, StoreError> {
        let due = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Channel.eq(channel))
            .filter(Column::DueAt.lte(now.as_millis()))
            .order_by_asc(Column::DueAt)
            .order_by_asc(Column::Id)
            .limit(u64::from(limit))
            .into_query();
        // That it is due stands outside as well: where another sender took the row while we
        // waited for it, PostgreSQL asks the outer condition again, and only that.
        let mut update = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(retry_at.as_millis()))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1_i64))
            .filter(Column::Id.in_subquery(due))
            .filter(Column::DueAt.lte(now.as_millis()))
            .into_query();
        return_rows::<Entity>(&mut update);
        let mut taken = self
            .executor
            .fetch_all(&update, |row| Model::read(row)?.message())
            .await?;
        taken.sort_unstable_by_key(|message| message.id);
        Ok(taken)
    }

    async fn done(&mut self, id: Id<Message>) -> Result<(), StoreError> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(cell::bytes_of(id)))
            .into_query();
        self.executor.execute(&delete).await.map(|_| ())
    }

    async fn postpone(
        &mut self,
        id: Id<Message>,
        attempts: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(due_at.as_millis()))
            .filter(Column::Id.eq(cell::bytes_of(id)))
            .filter(Column::Attempts.eq(i64::from(attempts)))
            .into_query();
        self.executor.execute(&update).await.map(|rows| rows > 0)
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let old = Column::DueAt.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(old, u64::from(limit)))
            .await
    }
}
