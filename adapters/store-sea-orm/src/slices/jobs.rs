//! [`Jobs`]: leases, taken by one conditional upsert.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Jobs, Lease};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _,
};

use super::statement::{begins_with, delete_some};
use crate::entities::cell;
use crate::entities::job::{Column, Entity, Model};
use crate::view::{View, Write};

#[async_trait]
impl Jobs for View<Write> {
    async fn lease(
        &mut self,
        job: &str,
        holder: u128,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        let holder = cell::bytes_of_bits(holder);
        let free = Column::Holder
            .eq(holder.clone())
            .or(Column::Until.lte(now.as_millis()));
        let take_over = OnConflict::column(Column::Job)
            .update_columns([Column::Holder, Column::Until])
            .action_and_where(free)
            .to_owned();
        let row = Model {
            job: job.to_owned(),
            holder,
            until: until.as_millis(),
        };
        let upsert = Entity::insert(row.into_active_model())
            .on_conflict(take_over)
            .into_query();
        Ok(match self.executor.execute(&upsert).await? {
            0 => Lease::Taken,
            _ => Lease::Held,
        })
    }

    async fn release(&mut self, job: &str, holder: u128) -> Result<(), StoreError> {
        let delete = Entity::delete_many()
            .filter(Column::Job.eq(job))
            .filter(Column::Holder.eq(cell::bytes_of_bits(holder)))
            .into_query();
        self.executor.execute(&delete).await.map(|_| ())
    }

    async fn count(&mut self, prefix: &str, now: Timestamp) -> Result<u64, StoreError> {
        let query = Entity::find()
            .select_only()
            .expr(Expr::col(Column::Job).count())
            .filter(begins_with(Expr::col(Column::Job), prefix))
            .filter(Column::Until.gt(now.as_millis()))
            .into_query();
        let count = self
            .executor
            .fetch_one(&query, |row| cell::number(row.first()?))
            .await?;
        Ok(count.unwrap_or(0))
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let ended = Column::Until.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(ended, u64::from(limit)))
            .await
    }
}
