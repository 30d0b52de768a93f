//! Step 6: what caches and other nodes must hear of, messages that leave the house, and the
//! leases of background jobs.
//!
//! On PostgreSQL a change also keeps its transaction and the snapshot in which it was written:
//! what was invisible in it are the only transactions that can bring a lower number later, so
//! a reader who has reached this row knows which ones to wait for.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::columns::{
    Numbers, Schema, bytes, bytes_or_null, number, number_or_null, text, text_or_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager);
        let columns = vec![
            text("kind"),
            bytes("realm"),
            text_or_null("thing_kind"),
            bytes_or_null("thing"),
            number_or_null("moment"),
            number("at"),
        ];
        schema
            .numbered_table("changes", "number", Numbers::NeverAgain, columns)
            .await?;
        if schema.is_postgres() {
            schema
                .run(
                    "ALTER TABLE changes \
                     ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(), \
                     ADD COLUMN snapshot pg_snapshot NOT NULL DEFAULT pg_current_snapshot()",
                )
                .await?;
            schema
                .run("CREATE INDEX changes_by_transaction ON changes (transaction_id)")
                .await?;
        }
        schema.index("changes_by_time", "changes", &["at"]).await?;
        let columns = vec![
            bytes("id"),
            bytes("realm"),
            text("channel"),
            bytes("payload"),
            number("attempts"),
            number("due_at"),
        ];
        schema.table("outbox", &["id"], columns).await?;
        schema
            .index("outbox_by_due", "outbox", &["channel", "due_at", "id"])
            .await?;
        schema
            .index("outbox_by_realm", "outbox", &["realm"])
            .await?;
        let columns = vec![text("job"), bytes("holder"), number("until")];
        schema.table("jobs", &["job"], columns).await
    }
}
