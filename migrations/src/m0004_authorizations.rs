//! Step 4: what people and clients were given: sessions, grants, consents, tickets, refresh
//! families, and what makes access tokens void.
//!
//! `dead_at` is the moment from which a row stands for nothing: its end, or else the earliest
//! of its expiries. It is kept beside them so that cleaning up is one range of one index.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::columns::{
    Schema, bytes, bytes_or_null, flag, number, number_or_null, text, text_or_null,
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
        sessions(&schema).await?;
        grants(&schema).await?;
        consents(&schema).await?;
        tickets(&schema).await?;
        refresh_families(&schema).await?;
        revocations(&schema).await
    }
}

async fn sessions(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        bytes("user_id"),
        bytes("secret"),
        number("authenticated_at"),
        text("amr"),
        text("acr"),
        flag("remembered"),
        text_or_null("address"),
        text_or_null("user_agent"),
        number("created_at"),
        number("seen_at"),
        number("expires_at"),
        number_or_null("ended_at"),
        number("dead_at"),
        number("revision"),
    ];
    schema.table("sessions", &["realm", "id"], columns).await?;
    schema
        .unique("sessions_secret_key", "sessions", &["realm", "secret"])
        .await?;
    schema
        .index("sessions_by_user", "sessions", &["realm", "user_id", "id"])
        .await?;
    schema
        .index("sessions_by_death", "sessions", &["dead_at"])
        .await
}

async fn grants(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        bytes("client"),
        text("subject_kind"),
        bytes("subject"),
        text_or_null("actor_kind"),
        bytes_or_null("actor"),
        bytes_or_null("organization"),
        bytes_or_null("session"),
        text("scopes"),
        number("created_at"),
        number("expires_at"),
        number_or_null("ended_at"),
        number("dead_at"),
    ];
    schema.table("grants", &["realm", "id"], columns).await?;
    schema
        .index("grants_by_subject", "grants", &["realm", "subject", "id"])
        .await?;
    schema
        .index("grants_by_client", "grants", &["realm", "client", "id"])
        .await?;
    schema
        .index_where_set("grants_by_session", "grants", &["realm", "session", "id"])
        .await?;
    schema
        .index("grants_by_death", "grants", &["dead_at"])
        .await
}

async fn consents(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("user_id"),
        bytes("client"),
        text("scopes"),
        number("created_at"),
        number("updated_at"),
    ];
    schema
        .table("consents", &["realm", "user_id", "client"], columns)
        .await?;
    schema
        .index("consents_by_client", "consents", &["realm", "client"])
        .await
}

async fn tickets(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        text("kind"),
        bytes("digest"),
        text_or_null("alias"),
        bytes_or_null("grant_id"),
        text_or_null("subject_kind"),
        bytes_or_null("subject"),
        bytes_or_null("client"),
        bytes_or_null("session"),
        text("state"),
        number("revision"),
        number("attempts"),
        number("not_before"),
        bytes("payload"),
        number("created_at"),
        number("expires_at"),
        number_or_null("redeemed_at"),
    ];
    schema
        .table("tickets", &["realm", "kind", "digest"], columns)
        .await?;
    schema
        .unique_where_set("tickets_alias_key", "tickets", &["realm", "kind", "alias"])
        .await?;
    schema
        .index_where_set("tickets_by_grant", "tickets", &["realm", "grant_id"])
        .await?;
    schema
        .index_where_set("tickets_by_subject", "tickets", &["realm", "subject"])
        .await?;
    schema
        .index_where_set("tickets_by_client", "tickets", &["realm", "client"])
        .await?;
    schema
        .index("tickets_by_expiry", "tickets", &["expires_at"])
        .await
}

async fn refresh_families(schema: &Schema<'_>) -> Result<(), DbErr> {
    let table = "refresh_families";
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        bytes("grant_id"),
        bytes("client"),
        text("subject_kind"),
        bytes("subject"),
        bytes_or_null("session"),
        flag("offline"),
        number("generation"),
        bytes("context"),
        number("created_at"),
        number("rotated_at"),
        number("idle_expires_at"),
        number("expires_at"),
        number_or_null("ended_at"),
        number("dead_at"),
    ];
    schema.table(table, &["realm", "id"], columns).await?;
    schema
        .index("refresh_families_by_grant", table, &["realm", "grant_id"])
        .await?;
    schema
        .index("refresh_families_by_client", table, &["realm", "client"])
        .await?;
    schema
        .index("refresh_families_by_subject", table, &["realm", "subject"])
        .await?;
    schema
        .index_where_set("refresh_families_by_session", table, &["realm", "session"])
        .await?;
    schema
        .index("refresh_families_by_death", table, &["dead_at"])
        .await
}

async fn revocations(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        text("kind"),
        bytes("thing"),
        number("until"),
    ];
    schema
        .table("revocations", &["realm", "kind", "thing"], columns)
        .await?;
    schema
        .index("revocations_by_end", "revocations", &["until"])
        .await?;
    let columns = vec![
        bytes("realm"),
        text("owner_kind"),
        bytes("owner"),
        number("not_before"),
    ];
    schema
        .table("watermarks", &["realm", "owner_kind", "owner"], columns)
        .await
}
