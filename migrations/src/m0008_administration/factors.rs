//! Second factors, recovery codes, roles that ask for one, and the counts that make who keeps
//! failing wait.

use sea_orm_migration::prelude::DbErr;

use crate::columns::{Schema, bytes, bytes_or_null, flag, flag_off, number, number_or_null, text};

/// Makes the tables.
pub(super) async fn up(schema: &Schema<'_>) -> Result<(), DbErr> {
    schema
        .add("roles", flag_off("requires_second_factor"))
        .await?;
    factors(schema).await?;
    recovery_codes(schema).await?;
    throttles(schema).await
}

async fn factors(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        bytes("user_id"),
        text("kind"),
        text("name"),
        flag("is_primary"),
        bytes("secret"),
        number("last_step"),
        number("created_at"),
        number_or_null("last_used_at"),
        number("revision"),
    ];
    schema.table("factors", &["realm", "id"], columns).await?;
    schema
        .index("factors_by_user", "factors", &["realm", "user_id", "id"])
        .await
}

async fn recovery_codes(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("user_id"),
        bytes("digest"),
        number("created_at"),
        number_or_null("used_at"),
    ];
    schema
        .table("recovery_codes", &["realm", "user_id", "digest"], columns)
        .await
}

async fn throttles(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("kind"),
        bytes("digest"),
        bytes_or_null("user_id"),
        bytes("label"),
        number("failures"),
        number("blocked_until"),
        number("created_at"),
        number("last_failed_at"),
        number("expires_at"),
    ];
    schema.table("throttles", &["realm", "id"], columns).await?;
    schema
        .unique("throttles_digest_key", "throttles", &["realm", "digest"])
        .await?;
    schema
        .index_where_set(
            "throttles_by_user",
            "throttles",
            &["realm", "user_id", "id"],
        )
        .await?;
    schema
        .index("throttles_by_expiry", "throttles", &["expires_at"])
        .await
}
