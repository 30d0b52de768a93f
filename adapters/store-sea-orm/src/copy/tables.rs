//! Every table that is copied, as its entity describes it. A test holds the list against the
//! schema, so that a new table is either copied or named here as left behind.

use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic as _, Iterable as _, PrimaryKeyToColumn};

use crate::entities;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A bigint.
    Number,
    /// Yes or no.
    Flag,
    /// Bytes.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// A table that is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    /// The columns of its primary key, by their place in `columns`, in the key's order.
    pub(super) key: Vec<usize>,
}

/// Leases name processes on the old engine, and steps are the new engine's own.
#[cfg(test)]
pub(super) const LEFT: [&str; 2] = ["jobs", "schema_steps"];

/// A column that numbers rows upwards, and on PostgreSQL draws from a sequence.
pub(super) struct Numbered {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
}

/// All of them.
pub(super) const NUMBERED: [Numbered; 2] = [
    Numbered {
        table: "audit_events",
        column: "position",
    },
    Numbered {
        table: "changes",
        column: "number",
    },
];

/// Every table that is copied, in the order of copying.
pub(super) fn tables() -> Vec<Table> {
    vec![
        of::<entities::system_fact::Entity>(),
        of::<entities::data_key::Entity>(),
        of::<entities::realm::Entity>(),
        of::<entities::signing_key::Entity>(),
        of::<entities::user::Entity>(),
        of::<entities::password::Entity>(),
        of::<entities::password_history::Entity>(),
        of::<entities::factor::Entity>(),
        of::<entities::recovery_code::Entity>(),
        of::<entities::subject_key::Entity>(),
        of::<entities::role::Entity>(),
        of::<entities::role_holder::Entity>(),
        of::<entities::role_include::Entity>(),
        of::<entities::group::Entity>(),
        of::<entities::group_member::Entity>(),
        of::<entities::api::Entity>(),
        of::<entities::scope::Entity>(),
        of::<entities::permission::Entity>(),
        of::<entities::client::Entity>(),
        of::<entities::consent::Entity>(),
        of::<entities::session::Entity>(),
        of::<entities::grant::Entity>(),
        of::<entities::realm_document::Entity>(),
        of::<entities::ticket::Entity>(),
        of::<entities::throttle::Entity>(),
        of::<entities::refresh_family::Entity>(),
        of::<entities::revocation::Entity>(),
        of::<entities::watermark::Entity>(),
        of::<entities::message::Entity>(),
        of::<entities::change::Entity>(),
        of::<entities::audit_event::Entity>(),
        of::<entities::audit_seal::Entity>(),
    ]
}

fn of<E: EntityTrait>() -> Table {
    let columns: Vec<Column> = E::Column::iter()
        .map(|column| Column {
            name: column.as_str(),
            kind: kind(column.def().get_column_type()),
        })
        .collect();
    let key = E::PrimaryKey::iter()
        .filter_map(|key| {
            let name = key.into_column().as_str();
            columns.iter().position(|column| column.name == name)
        })
        .collect();
    Table {
        name: E::default().table_name(),
        columns,
        key,
    }
}

fn kind(column: &ColumnType) -> Kind {
    match column {
        ColumnType::Boolean => Kind::Flag,
        ColumnType::BigInteger => Kind::Number,
        ColumnType::Text | ColumnType::String(_) => Kind::Text,
        _ => Kind::Bytes,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rusqlite::Connection;

    use super::*;
    use crate::schema::Migrate;
    use crate::sqlite::{Purpose, Source, migrate};

    async fn newest_schema() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::new(&folder.path().join("gatelodge.db"), None).unwrap();
        migrate(&source, gatelodge_migrations::steps(), Migrate::Run)
            .await
            .unwrap();
        let connection = source.open(Purpose::Migrate).unwrap();
        (folder, connection)
    }

    #[tokio::test]
    async fn every_table_of_the_schema_is_copied_or_said_to_be_left() {
        let (_folder, connection) = newest_schema().await;
        let mut query = connection
            .prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            )
            .unwrap();
        let there: BTreeSet<String> = query
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let known: BTreeSet<String> = tables()
            .iter()
            .map(|table| table.name)
            .chain(LEFT)
            .map(str::to_owned)
            .collect();
        assert_eq!(there, known);
    }

    #[tokio::test]
    async fn every_column_of_a_copied_table_is_copied_in_the_order_of_its_key() {
        let (_folder, connection) = newest_schema().await;
        for table in tables() {
            let mut query = connection
                .prepare("SELECT name, type, pk FROM pragma_table_info(?1)")
                .unwrap();
            let columns: Vec<(String, String, i64)> = query
                .query_map([table.name], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let there: BTreeSet<(String, Kind)> = columns
                .iter()
                .map(|(name, declared, _)| (name.clone(), declared_kind(declared)))
                .collect();
            let known: BTreeSet<(String, Kind)> = table
                .columns
                .iter()
                .map(|column| (column.name.to_owned(), column.kind))
                .collect();
            assert_eq!(there, known, "{}", table.name);
            let mut key: Vec<(i64, String)> = columns
                .into_iter()
                .filter(|(_, _, place)| *place > 0)
                .map(|(name, _, place)| (place, name))
                .collect();
            key.sort();
            let key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
            let known: Vec<&str> = table
                .key
                .iter()
                .map(|index| table.columns[*index].name)
                .collect();
            assert_eq!(key, known, "{}", table.name);
        }
    }

    fn declared_kind(declared: &str) -> Kind {
        match declared.to_ascii_lowercase().as_str() {
            "text" => Kind::Text,
            "blob" => Kind::Bytes,
            "boolean" => Kind::Flag,
            "bigint" | "integer" => Kind::Number,
            other => panic!("a column is declared as {other}"),
        }
    }
}
