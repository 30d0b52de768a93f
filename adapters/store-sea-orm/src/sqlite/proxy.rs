//! A connection as SeaORM's proxy sees it: the road of migration steps, and of nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use sea_orm::{DbErr, ProxyDatabaseTrait, ProxyExecResult, ProxyRow, RuntimeErr, Statement, Value};

use super::statement;

/// A connection that steps and the code that runs them share.
#[derive(Clone)]
pub(super) struct Proxy(Arc<Mutex<Connection>>);

impl Proxy {
    pub(super) fn over(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(connection)))
    }

    /// Uses the connection directly.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        work(&self.0.lock())
    }
}

impl core::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Proxy")
    }
}

#[async_trait::async_trait]
impl ProxyDatabaseTrait for Proxy {
    async fn query(&self, statement: Statement) -> Result<Vec<ProxyRow>, DbErr> {
        self.with(|connection| query(connection, &statement))
            .map_err(said)
    }

    async fn execute(&self, statement: Statement) -> Result<ProxyExecResult, DbErr> {
        self.with(|connection| {
            if statement.values.is_none() {
                connection.execute_batch(&statement.sql).map_err(said)?;
                return Ok(ProxyExecResult::new(0, connection.changes()));
            }
            let changed = statement::execute(connection, &statement)
                .map_err(|failure| said(gatelodge_ports::StoreError::from(failure)))?;
            Ok(ProxyExecResult::new(0, changed))
        })
    }
}

fn query(connection: &Connection, statement: &Statement) -> rusqlite::Result<Vec<ProxyRow>> {
    let mut prepared =
        statement::bound(connection, statement).map_err(|failure| match failure {
            statement::Failure::Engine(error) => error,
            statement::Failure::Here(error) => {
                rusqlite::Error::ToSqlConversionFailure(Box::new(error))
            }
        })?;
    let names: Vec<String> = prepared
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut rows = prepared.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            let value = match row.get::<_, Stored>(index)? {
                Stored::Null => Value::BigInt(None),
                Stored::Integer(number) => Value::BigInt(Some(number)),
                Stored::Real(number) => Value::Double(Some(number)),
                Stored::Text(text) => Value::String(Some(text)),
                Stored::Blob(bytes) => Value::Bytes(Some(bytes)),
            };
            values.insert(name.clone(), value);
        }
        found.push(ProxyRow::new(values));
    }
    Ok(found)
}

fn said(error: impl core::fmt::Display) -> DbErr {
    DbErr::Exec(RuntimeErr::Internal(error.to_string()))
}
