//! What roles include, and what a realm says of its APIs, scopes and permissions.

use sea_orm_migration::prelude::DbErr;

use crate::columns::{Schema, bytes, bytes_or_null, flag, number, text, text_or_null};

pub(super) async fn up(schema: &Schema<'_>) -> Result<(), DbErr> {
    inclusions(schema).await?;
    apis(schema).await?;
    definitions(schema).await
}

async fn inclusions(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![bytes("realm"), bytes("role"), bytes("included")];
    schema
        .table("role_includes", &["realm", "role", "included"], columns)
        .await?;
    schema
        .index(
            "role_includes_by_included",
            "role_includes",
            &["realm", "included", "role"],
        )
        .await
}

async fn apis(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("identifier"),
        text("name"),
        flag("listed"),
        flag("built_in"),
        number("revision"),
        number("created_at"),
    ];
    schema.table("apis", &["realm", "id"], columns).await?;
    schema
        .unique("apis_identifier_key", "apis", &["realm", "identifier"])
        .await
}

async fn definitions(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("name"),
        text_or_null("description"),
        bytes_or_null("api"),
        text("requires"),
        flag("listed"),
        flag("built_in"),
        number("revision"),
        number("created_at"),
    ];
    schema.table("scopes", &["realm", "id"], columns).await?;
    schema
        .unique("scopes_name_key", "scopes", &["realm", "name"])
        .await?;
    schema
        .index("scopes_by_api", "scopes", &["realm", "api"])
        .await?;
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("name"),
        text_or_null("description"),
        bytes_or_null("api"),
        flag("built_in"),
        number("revision"),
        number("created_at"),
    ];
    schema
        .table("permissions", &["realm", "id"], columns)
        .await?;
    schema
        .unique("permissions_name_key", "permissions", &["realm", "name"])
        .await?;
    schema
        .index("permissions_by_api", "permissions", &["realm", "api"])
        .await
}
