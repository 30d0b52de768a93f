//! Step 8: what administering people, clients and rights needs beyond the core. A file for each
//! part, all of them additions, so that the release before goes on serving beside this one.

mod access;
mod clients;
mod factors;
mod mail;
mod people;

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::columns::Schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager);
        access::up(&schema).await?;
        people::up(&schema).await?;
        mail::up(&schema).await?;
        factors::up(&schema).await?;
        clients::up(&schema).await?;
        Ok(())
    }
}
