//! Clients by the beginning of the name that people see, as it is searched: in lower case, which
//! in both engines is about the letters of ASCII.

use sea_orm_migration::prelude::DbErr;

use crate::columns::Schema;

pub(super) async fn up(schema: &Schema<'_>) -> Result<(), DbErr> {
    schema
        .run("CREATE INDEX clients_by_name ON clients (realm, lower(client_name))")
        .await
}
