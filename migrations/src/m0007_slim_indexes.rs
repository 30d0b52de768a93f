//! Step 7: on SQLite, fewer bytes for each event of the trail, and lists of few among many.
//!
//! An event adds an entry to every index, and those by actor and by target are met at a random
//! place: the more entries fit on a page, the fewer pages a batch writes. Whose id an actor or
//! target is does not depend on the realm, so the id alone leads, and the row id, which is the
//! position, follows by itself. Actors without an id (`system`, `operator`, `anonymous`) share
//! one, so they have an index of their own, and refusals carry the action, so that a page of a
//! rare one is found without reading the rows of all others.
//!
//! The indexes by which users are looked for and what is over is swept hold all that a list asks
//! of them, so that a page of few among many is gathered without reading the rows of all.
//!
//! On PostgreSQL nothing changes: a row there is written to all of its indexes anyway, and
//! making one anew would hold up every other node.

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
        if schema.is_postgres() {
            return Ok(());
        }
        for statement in [
            "DROP INDEX audit_events_by_actor",
            "CREATE INDEX audit_events_by_actor ON audit_events (actor)",
            "CREATE INDEX audit_events_nameless ON audit_events \
             (actor_kind, position, realm, action, outcome) \
             WHERE actor <= x'00000000000000000000000000000000'",
            "DROP INDEX audit_events_by_target",
            "CREATE INDEX audit_events_by_target ON audit_events (target) \
             WHERE target IS NOT NULL",
            "DROP INDEX audit_events_denied",
            "CREATE INDEX audit_events_denied ON audit_events (realm, position, action) \
             WHERE outcome = 'denied'",
            "DROP INDEX users_by_name",
            "CREATE INDEX users_by_name ON users (realm, username_key, id, status)",
            "DROP INDEX sessions_by_death",
            "CREATE INDEX sessions_by_death ON sessions (dead_at, realm, id, ended_at)",
            "DROP INDEX grants_by_death",
            "CREATE INDEX grants_by_death ON grants (dead_at, realm, id, ended_at)",
            "DROP INDEX role_holders_by_holder",
            "CREATE INDEX role_holders_by_holder ON role_holders \
             (realm, holder, holder_kind, role)",
            "DROP INDEX group_members_by_user",
            "CREATE INDEX group_members_by_user ON group_members (realm, user_id, group_id)",
            // What a large trail looks like, as step 5 tells of the other indexes.
            "DELETE FROM sqlite_stat1 WHERE tbl = 'audit_events' AND idx IN \
             ('audit_events_by_actor', 'audit_events_by_target', 'audit_events_denied')",
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES \
             ('audit_events', 'audit_events_by_actor', '5000000 50'), \
             ('audit_events', 'audit_events_nameless', '50000 10000 1 1 1 1'), \
             ('audit_events', 'audit_events_by_target', '500000 50'), \
             ('audit_events', 'audit_events_denied', '50000 5000 1 1')",
        ] {
            schema.run(statement).await?;
        }
        Ok(())
    }
}
