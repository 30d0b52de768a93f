//! Runs a rendered statement inline on a connection.

use gatelodge_ports::StoreError;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};
use sea_orm::{Statement, Value};

use crate::error;
use crate::row::Row;

/// What went wrong, still told apart: the engine's own error decides over the whole batch, a
/// wrong cell or value only over its statement.
pub(crate) enum Failure {
    /// The engine said no.
    Engine(rusqlite::Error),
    /// The statement ran, or never began; its rows or values are wrong.
    Here(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Engine(error) => error::from_sqlite(error),
            Failure::Here(error) => error,
        }
    }
}

/// Runs a statement that returns no rows; how many it changed.
pub(crate) fn execute(connection: &Connection, statement: &Statement) -> Result<u64, Failure> {
    let mut prepared = bound(connection, statement)?;
    Ok(prepared.raw_execute()? as u64)
}

/// Runs a statement and decodes its rows.
pub(crate) fn fetch<T>(
    connection: &Connection,
    statement: &Statement,
    decode: &dyn Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, Failure> {
    let mut prepared = bound(connection, statement)?;
    let mut rows = prepared.raw_query();
    let mut decoded = Vec::new();
    while let Some(row) = rows.next()? {
        decoded.push(decode(&Row::Sqlite(row)).map_err(Failure::Here)?);
    }
    Ok(decoded)
}

pub(super) fn bound<'connection>(
    connection: &'connection Connection,
    statement: &Statement,
) -> Result<CachedStatement<'connection>, Failure> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let values = statement
        .values
        .as_ref()
        .map_or(&[][..], |values| &values.0);
    for (index, value) in values.iter().enumerate() {
        prepared.raw_bind_parameter(index + 1, bindable(value)?)?;
    }
    // With the values in it: the planner looks at some of them.
    #[cfg(test)]
    recorded::note(prepared.expanded_sql());
    Ok(prepared)
}

fn bindable(value: &Value) -> Result<ToSqlOutput<'_>, Failure> {
    const NULL: ToSqlOutput<'_> = ToSqlOutput::Borrowed(ValueRef::Null);
    let integer = |number: Option<i64>| {
        number.map_or(NULL, |number| {
            ToSqlOutput::Borrowed(ValueRef::Integer(number))
        })
    };
    Ok(match value {
        Value::Bool(value) => integer(value.map(i64::from)),
        Value::Int(value) => integer(value.map(i64::from)),
        Value::BigInt(value) => integer(*value),
        Value::Unsigned(value) => integer(value.map(i64::from)),
        Value::BigUnsigned(value) => {
            integer(value.map(i64::try_from).transpose().map_err(|_| {
                Failure::Here(StoreError::broken("a number does not fit into 63 bits"))
            })?)
        }
        Value::String(value) => value.as_ref().map_or(NULL, |text| {
            ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
        }),
        Value::Bytes(value) => value
            .as_ref()
            .map_or(NULL, |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes))),
        other => {
            let reason = format!("no column holds a {:?}", std::mem::discriminant(other));
            return Err(Failure::Here(StoreError::broken(reason)));
        }
    })
}

/// The texts of the statements that this thread runs, for tests that look at their plans.
#[cfg(test)]
pub(crate) mod recorded {
    use std::cell::RefCell;

    thread_local! {
        static TEXTS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
    }

    /// Begins to record.
    pub(crate) fn begin() {
        TEXTS.set(Some(Vec::new()));
    }

    /// What was run since.
    pub(crate) fn take() -> Vec<String> {
        TEXTS.take().unwrap_or_default()
    }

    pub(super) fn note(text: Option<String>) {
        TEXTS.with_borrow_mut(|texts| {
            if let Some(texts) = texts {
                texts.extend(text);
            }
        });
    }
}
