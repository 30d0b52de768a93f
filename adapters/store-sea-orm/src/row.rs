//! One row of a result, of either engine.
//!
//! Columns are text, bigint, blob and boolean only, so four cell types and their options serve
//! every table.

use gatelodge_ports::StoreError;
use rusqlite::types::FromSql;
use sea_orm::{QueryResult, TryGetable};

use crate::error;

/// A row while its statement stands on it (SQLite) or as it was received (PostgreSQL).
pub(crate) enum Row<'statement> {
    /// A row of the embedded engine.
    Sqlite(&'statement rusqlite::Row<'statement>),
    /// A row of the server.
    Postgres(&'statement QueryResult),
}

impl Row<'_> {
    /// The cell at that place of the result, which has that name there; [`StoreError::Broken`]
    /// when there is none or it has another type.
    ///
    /// By place, because looking for names costs more than reading the cells of a wide row.
    pub(crate) fn at<C: Cell>(&self, place: usize, column: &str) -> Result<C, StoreError> {
        debug_assert_eq!(self.name_at(place).as_deref(), Some(column));
        match self {
            Self::Sqlite(row) => row.get(place).map_err(error::undecodable),
            Self::Postgres(row) => row.try_get_by_index(place).map_err(error::undecodable),
        }
    }

    /// The cell of that column, for a few columns of a table's.
    pub(crate) fn get<C: Cell>(&self, column: &str) -> Result<C, StoreError> {
        match self {
            Self::Sqlite(row) => row.get(column).map_err(error::undecodable),
            Self::Postgres(row) => row.try_get_by(column).map_err(error::undecodable),
        }
    }

    fn name_at(&self, place: usize) -> Option<String> {
        match self {
            Self::Sqlite(row) => row.as_ref().column_name(place).ok().map(str::to_owned),
            Self::Postgres(row) => row.column_names().get(place).cloned(),
        }
    }

    /// The first cell, for a SELECT of one expression.
    pub(crate) fn first<C: Cell>(&self) -> Result<C, StoreError> {
        match self {
            Self::Sqlite(row) => row.get(0).map_err(error::undecodable),
            Self::Postgres(row) => row.try_get_by_index(0).map_err(error::undecodable),
        }
    }
}

/// What a cell can be: `i64`, `String`, `Vec<u8>`, `bool`, or an `Option` of these.
pub(crate) trait Cell: FromSql + TryGetable {}

impl<C: FromSql + TryGetable> Cell for C {}
