//! Step 5: the audit trail and its seals.
//!
//! An event's position is given once and never again. Each index ends with it, so that
//! a page of a filtered list is a run of one index, newest first. `audit_events_by_time` only
//! turns moments into positions.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::columns::{Numbers, Schema, bytes, bytes_or_null, number, text, text_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager);
        events(&schema).await?;
        let columns = vec![
            number("number"),
            number("first_position"),
            number("last_position"),
            number("event_count"),
            bytes("root"),
            bytes("previous"),
            bytes("mac"),
        ];
        schema.table("audit_seals", &["number"], columns).await
    }
}

async fn events(schema: &Schema<'_>) -> Result<(), DbErr> {
    let table = "audit_events";
    let columns = vec![
        bytes("id"),
        number("at"),
        bytes("realm"),
        bytes("actor_realm"),
        text("actor_kind"),
        bytes("actor"),
        text("action"),
        text_or_null("target_kind"),
        bytes_or_null("target"),
        text("outcome"),
        text_or_null("reason"),
        bytes_or_null("client"),
        bytes_or_null("session"),
        bytes_or_null("grant_id"),
        bytes_or_null("token"),
        text_or_null("request_id"),
        text_or_null("facts"),
        bytes_or_null("detail_owner"),
        bytes_or_null("detail"),
        bytes("digest"),
    ];
    schema
        .numbered_table(table, "position", Numbers::Given, columns)
        .await?;
    schema
        .index("audit_events_by_realm", table, &["realm", "position"])
        .await?;
    schema
        .index(
            "audit_events_by_actor",
            table,
            &["actor", "actor_kind", "realm", "position"],
        )
        .await?;
    schema
        .index(
            "audit_events_by_action",
            table,
            &["realm", "action", "position"],
        )
        .await?;
    schema
        .index("audit_events_by_time", table, &["at", "position"])
        .await?;
    // Refusals are few and looked for; both statements are valid on both engines.
    schema
        .run(
            "CREATE INDEX audit_events_denied ON audit_events (realm, position) \
             WHERE outcome = 'denied'",
        )
        .await?;
    schema
        .run(
            "CREATE INDEX audit_events_by_target ON audit_events (target, realm, position) \
             WHERE target IS NOT NULL",
        )
        .await?;
    if schema.is_postgres() {
        return Ok(());
    }
    // PostgreSQL counts by itself. SQLite guesses that a second column narrows a search by a
    // tenth, and then reads a realm's whole trail for a rare action; so it is told what a large
    // trail looks like: rows in all, and rows for one value of the first column, of the first
    // two, and so on.
    schema.run("ANALYZE audit_events").await?;
    schema
        .run(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES \
             ('audit_events', 'audit_events_by_realm', '5000000 500000 1'), \
             ('audit_events', 'audit_events_by_actor', '5000000 50 50 50 1'), \
             ('audit_events', 'audit_events_by_action', '5000000 500000 50000 1'), \
             ('audit_events', 'audit_events_by_time', '5000000 5 1'), \
             ('audit_events', 'audit_events_denied', '50000 5000 1'), \
             ('audit_events', 'audit_events_by_target', '500000 50 50 1')",
        )
        .await
}
