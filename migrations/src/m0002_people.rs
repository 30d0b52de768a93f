//! Step 2: people, their passwords and subject keys; roles, groups, and who holds them.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::columns::{Schema, bytes, flag, number, number_or_null, text, text_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager);
        users(&schema).await?;
        credentials(&schema).await?;
        roles(&schema).await?;
        holdings(&schema).await
    }
}

async fn users(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("subject"),
        text("username"),
        text("username_key"),
        text_or_null("email"),
        text_or_null("email_key"),
        flag("email_verified"),
        text("profile"),
        text("status"),
        number_or_null("status_at"),
        number("revision"),
        number("created_at"),
        number("updated_at"),
    ];
    schema.table("users", &["realm", "id"], columns).await?;
    schema
        .unique("users_username_key", "users", &["realm", "username_key"])
        .await?;
    schema
        .unique_where_set("users_email_key", "users", &["realm", "email_key"])
        .await?;
    schema
        .unique("users_subject_key", "users", &["realm", "subject"])
        .await?;
    // With the id in it, a page of names with a common beginning is found in the index alone.
    schema
        .index("users_by_name", "users", &["realm", "username_key", "id"])
        .await?;
    schema
        .index("users_by_status", "users", &["realm", "status", "id"])
        .await
}

async fn credentials(schema: &Schema<'_>) -> Result<(), DbErr> {
    let passwords = vec![
        bytes("realm"),
        bytes("user_id"),
        text("hash"),
        number("changed_at"),
        number("revision"),
    ];
    schema
        .table("passwords", &["realm", "user_id"], passwords)
        .await?;
    let keys = vec![bytes("realm"), bytes("user_id"), bytes("sealed")];
    schema
        .table("subject_keys", &["realm", "user_id"], keys)
        .await
}

async fn roles(schema: &Schema<'_>) -> Result<(), DbErr> {
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("name"),
        text("display_name"),
        text("permissions"),
        flag("built_in"),
        number("revision"),
        number("created_at"),
    ];
    schema.table("roles", &["realm", "id"], columns).await?;
    schema
        .unique("roles_name_key", "roles", &["realm", "name"])
        .await?;
    let columns = vec![
        bytes("realm"),
        bytes("id"),
        text("name"),
        text("display_name"),
        number("revision"),
        number("created_at"),
    ];
    schema.table("groups", &["realm", "id"], columns).await?;
    schema
        .unique("groups_name_key", "groups", &["realm", "name"])
        .await
}

async fn holdings(schema: &Schema<'_>) -> Result<(), DbErr> {
    let holders = ["realm", "role", "holder_kind", "holder"];
    let columns = vec![
        bytes("realm"),
        bytes("role"),
        text("holder_kind"),
        bytes("holder"),
    ];
    schema.table("role_holders", &holders, columns).await?;
    schema
        .index(
            "role_holders_by_holder",
            "role_holders",
            &["realm", "holder", "holder_kind"],
        )
        .await?;
    let columns = vec![bytes("realm"), bytes("group_id"), bytes("user_id")];
    schema
        .table("group_members", &["realm", "group_id", "user_id"], columns)
        .await?;
    schema
        .index(
            "group_members_by_user",
            "group_members",
            &["realm", "user_id"],
        )
        .await
}
