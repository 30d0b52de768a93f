//! What people have beside their names: attributes under the realm's own schema, whether they
//! must choose another password, and what is remembered of earlier ones.

use sea_orm_migration::prelude::DbErr;

use crate::columns::{Schema, bytes, flag_off, number, text, text_or_null};

pub(super) async fn up(schema: &Schema<'_>) -> Result<(), DbErr> {
    schema.add("realms", text_or_null("user_schema")).await?;
    schema.add("users", text_or_null("attributes")).await?;
    schema
        .add("users", flag_off("must_change_password"))
        .await?;
    let columns = vec![
        bytes("realm"),
        bytes("user_id"),
        number("revision"),
        text("hash"),
        number("changed_at"),
    ];
    schema
        .table(
            "password_history",
            &["realm", "user_id", "revision"],
            columns,
        )
        .await
}
