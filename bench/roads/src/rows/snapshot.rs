//! All rows of the durable tables at a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::Value;

/// Where requests leave something. Other tables change by other doings.
pub(super) const TABLES: [&str; 6] = [
    "audit_events",
    "audit_seals",
    "consents",
    "grants",
    "refresh_families",
    "tickets",
];
/// Whose ids rows speak of.
pub(super) const OWNERS: [&str; 4] = ["clients", "users", "sessions", "refresh_families"];

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    /// The columns of the primary key.
    pub(super) key: Vec<usize>,
    /// Rows by the values of the key.
    pub(super) rows: BTreeMap<Vec<Value>, Vec<Value>>,
}

/// The tables.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(super) tables: BTreeMap<String, Table>,
    /// Ids of people, clients and so on, by table.
    pub(super) owners: BTreeMap<String, BTreeSet<Value>>,
}

impl Snapshot {
    /// Reads a database, which may be in use.
    pub fn take(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut snapshot = Self::default();
        for name in TABLES {
            if has(&connection, name)? {
                snapshot
                    .tables
                    .insert(name.to_owned(), table(&connection, name)?);
            }
        }
        for name in OWNERS {
            let mut statement = connection.prepare(&format!("SELECT id FROM {name}"))?;
            let ids = statement.query_map([], |row| Ok(value(row.get_ref(0)?)))?;
            snapshot
                .owners
                .insert(name.to_owned(), ids.collect::<Result<_, _>>()?);
        }
        Ok(snapshot)
    }
}

fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1",
        [table],
        |row| row.get::<_, i64>(0).map(|count| count > 0),
    )
}

fn table(connection: &Connection, name: &str) -> rusqlite::Result<Table> {
    let mut statement =
        connection.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    let described: Vec<(String, i64)> = statement
        .query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut key: Vec<(i64, usize)> = described
        .iter()
        .enumerate()
        .filter(|(_, (_, place))| *place > 0)
        .map(|(index, (_, place))| (*place, index))
        .collect();
    key.sort_unstable();
    let key: Vec<usize> = key.into_iter().map(|(_, index)| index).collect();
    let columns: Vec<String> = described.into_iter().map(|(name, _)| name).collect();
    let count = columns.len();
    let mut statement = connection.prepare(&format!("SELECT * FROM {name}"))?;
    let mut found = statement.query([])?;
    let mut rows = BTreeMap::new();
    while let Some(row) = found.next()? {
        let values = (0..count)
            .map(|index| Ok(value(row.get_ref(index)?)))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let id = key.iter().map(|index| values[*index].clone()).collect();
        rows.insert(id, values);
    }
    Ok(Table { columns, key, rows })
}

pub(super) fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        // No column of ours holds one.
        ValueRef::Real(number) => Value::Text(number.to_string()),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}
