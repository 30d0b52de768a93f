//! Step 1: facts about the store, wrapped data keys, realms and their
//! signing keys.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::columns::{Schema, bytes, number, number_or_null, text, text_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager);
        schema
            .table("system", &["name"], vec![text("name"), bytes("value")])
            .await?;
        schema
            .table(
                "data_keys",
                &["purpose", "version"],
                vec![
                    text("purpose"),
                    number("version"),
                    bytes("wrapped"),
                    number("created_at"),
                ],
            )
            .await?;
        realms(&schema).await?;
        signing_keys(&schema).await
    }
}

async fn realms(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("id"),
        text("slug"),
        text("name"),
        text("status"),
        number_or_null("status_since"),
        text("settings"),
        number("revision"),
        number("created_at"),
    ];
    schema.table("realms", &["id"], columns).await?;
    schema.unique("realms_slug_key", "realms", &["slug"]).await
}

async fn signing_keys(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("key_id"),
        text("algorithm"),
        text("public_key"),
        bytes("sealed_private"),
        text("state"),
        number_or_null("state_since"),
        number_or_null("state_until"),
        text_or_null("removal_reason"),
        number("revision"),
        number("created_at"),
    ];
    schema
        .table("signing_keys", &["realm", "id"], columns)
        .await
}
