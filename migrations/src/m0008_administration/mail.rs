//! Texts that a realm writes for itself, and messages by the moment from which they are overdue.

use sea_orm_migration::prelude::DbErr;

use crate::columns::{Schema, bytes, number, text};

pub(super) async fn up(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        text("kind"),
        text("name"),
        text("body"),
        number("revision"),
        number("updated_at"),
    ];
    schema
        .table("realm_documents", &["realm", "kind", "name"], columns)
        .await?;
    schema
        .index("outbox_overdue", "outbox", &["due_at", "id"])
        .await
}
