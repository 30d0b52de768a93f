//! One end of a move: either engine, spoken to in pages of rows.

use gatelodge_domain::{Digest, SecretBytes, SecretText};
use gatelodge_ports::StoreError;
use rusqlite::Connection;
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DbBackend, Statement, StatementBuilder,
    TransactionTrait as _, Value,
};
use std::path::PathBuf;

use super::tables::{Column, Kind, Table};
use crate::row::{Cell, Row};
use crate::schema::Migrate;
use crate::sqlite::{self, Purpose, Source};
use crate::{OpenError, error, postgres};

/// Where a database is.
#[derive(Debug, Clone)]
pub enum Place {
    /// A file, and its key where it is encrypted.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// 32 bytes.
        key: Option<SecretBytes>,
    },
    /// A server; the URL may hold a password.
    Postgres {
        /// `postgres://user:password@host:port/database`
        url: SecretText,
    },
}

/// The cells of a row, in the order of its table's columns.
pub(super) type Cells = Vec<Value>;

/// An open database.
pub(super) enum End {
    Sqlite(Connection),
    Postgres(DatabaseConnection),
}

impl Place {
    /// Opens it and brings its schema to the newest step, as far as `migrate` allows.
    pub(super) async fn open(&self, migrate: Migrate) -> Result<End, OpenError> {
        let steps = gatelodge_migrations::steps();
        match self {
            Self::Sqlite { path, key } => {
                let source = Source::new(path, key.clone())?;
                sqlite::migrate(&source, steps, migrate).await?;
                Ok(End::Sqlite(source.open(Purpose::Migrate)?))
            }
            Self::Postgres { url } => {
                postgres::migrate(url.expose(), steps, migrate).await?;
                let database = postgres::direct(url.expose()).await?;
                Ok(End::Postgres(database))
            }
        }
    }

    /// How many other connections of Gatelodge there are; on SQLite the lock file tells.
    pub async fn others(&self) -> Result<u64, OpenError> {
        let Self::Postgres { url } = self else {
            return Ok(0);
        };
        let end = End::Postgres(postgres::direct(url.expose()).await?);
        let count = end.number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND application_name = 'gatelodge' AND pid <> pg_backend_pid()",
        );
        let count = count.await?;
        end.close().await?;
        Ok(count.unwrap_or(0).cast_unsigned())
    }
}

impl End {
    pub(super) fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    /// At most `limit` rows after that key, in the order of the key.
    pub(super) async fn page(
        &self,
        table: &Table,
        after: Option<&Cells>,
        limit: u64,
    ) -> Result<Vec<Cells>, StoreError> {
        let mut query = Query::select();
        query.from(table.name).limit(limit);
        for column in &table.columns {
            query.column(column.name);
        }
        for column in table.key_columns() {
            query.order_by(column.name, Order::Asc);
        }
        if let Some(after) = after {
            let key = table.key_columns().map(|column| Expr::col(column.name));
            let values = after.iter().cloned().map(Expr::value);
            let key: Vec<Expr> = key.collect();
            let values: Vec<Expr> = values.collect();
            query.and_where(Expr::tuple(key).gt(Expr::tuple(values)));
        }
        self.fetch(&query, |row| read(row, &table.columns)).await
    }

    /// The key of the last row.
    pub(super) async fn last_key(&self, table: &Table) -> Result<Option<Cells>, StoreError> {
        let mut query = Query::select();
        query.from(table.name).limit(1);
        let mut columns = Vec::new();
        for column in table.key_columns() {
            query.column(column.name);
            query.order_by(column.name, Order::Desc);
            columns.push(column.clone());
        }
        let found = self.fetch(&query, |row| read(row, &columns)).await?;
        Ok(found.into_iter().next())
    }

    /// Adds rows to a table in one transaction.
    pub(super) async fn insert(&self, table: &Table, rows: &[Cells]) -> Result<(), StoreError> {
        // SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
        let at_once = 30_000 / table.columns.len().max(1);
        let mut inserts = Vec::new();
        for rows in rows.chunks(at_once) {
            let mut insert = Query::insert();
            insert.into_table(table.name);
            insert.columns(table.columns.iter().map(|column| column.name));
            for row in rows {
                let row = row.iter().cloned().map(Expr::value);
                insert.values(row).map_err(error::undecodable)?;
            }
            inserts.push(StatementBuilder::build(&insert, &self.backend()));
        }
        self.write(inserts).await
    }

    /// Runs statements in one transaction.
    pub(super) async fn write(&self, statements: Vec<Statement>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let all = || -> Result<(), sqlite::Failure> {
                    connection.execute_batch("BEGIN IMMEDIATE")?;
                    for statement in &statements {
                        sqlite::execute(connection, statement)?;
                    }
                    Ok(connection.execute_batch("COMMIT")?)
                };
                all().map_err(|failure| {
                    // Where even this fails, the next BEGIN does.
                    let _ = connection.execute_batch("ROLLBACK");
                    failure.into()
                })
            }
            Self::Postgres(database) => {
                let all = async {
                    let transaction = database.begin().await?;
                    for statement in statements {
                        transaction.execute_raw(statement).await?;
                    }
                    transaction.commit().await
                };
                all.await.map_err(error::from_postgres)
            }
        }
    }

    /// Runs plain statements in one transaction.
    pub(super) async fn run(&self, statements: &[String]) -> Result<(), StoreError> {
        let backend = self.backend();
        let rendered = statements
            .iter()
            .map(|sql| Statement::from_string(backend, sql.clone()))
            .collect();
        self.write(rendered).await
    }

    /// The one number that a query answers.
    pub(super) async fn number(&self, sql: &str) -> Result<Option<i64>, StoreError> {
        let statement = Statement::from_string(self.backend(), sql);
        let found = self.fetch_raw(statement, first::<Option<i64>>).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// The one text that a query answers.
    pub(super) async fn text(&self, sql: &str) -> Result<Option<String>, StoreError> {
        let statement = Statement::from_string(self.backend(), sql);
        let found = self.fetch_raw(statement, first::<Option<String>>).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// The bytes that a query answers, row by row.
    pub(super) async fn bytes(&self, sql: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let statement = Statement::from_string(self.backend(), sql);
        self.fetch_raw(statement, first).await
    }

    pub(super) async fn close(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => connection
                .close()
                .map_err(|(_, error)| error::from_sqlite(error)),
            Self::Postgres(database) => database.close().await.map_err(error::from_postgres),
        }
    }

    async fn fetch<S: StatementBuilder, T>(
        &self,
        query: &S,
        decode: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.fetch_raw(query.build(&self.backend()), decode).await
    }

    async fn fetch_raw<T>(
        &self,
        statement: Statement,
        decode: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        match self {
            Self::Sqlite(connection) => Ok(sqlite::fetch(connection, &statement, &decode)?),
            Self::Postgres(database) => {
                let rows = database.query_all_raw(statement).await;
                let rows = rows.map_err(error::from_postgres)?;
                rows.iter().map(|row| decode(&Row::Postgres(row))).collect()
            }
        }
    }
}

impl Table {
    pub(super) fn key_columns(&self) -> impl Iterator<Item = &Column> {
        self.key.iter().filter_map(|index| self.columns.get(*index))
    }

    /// The key of a row.
    pub(super) fn key_of(&self, row: &Cells) -> Cells {
        let cells = self.key.iter().filter_map(|index| row.get(*index));
        cells.cloned().collect()
    }
}

/// The only cell of a row.
fn first<C: Cell>(row: &Row<'_>) -> Result<C, StoreError> {
    row.first()
}

/// The cells of a SELECT of these columns, in their order.
fn read(row: &Row<'_>, columns: &[Column]) -> Result<Cells, StoreError> {
    let cell = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Text => Value::String(row.at(place, column.name)?),
            Kind::Number => Value::BigInt(row.at(place, column.name)?),
            Kind::Flag => Value::Bool(row.at(place, column.name)?),
            Kind::Bytes => Value::Bytes(row.at(place, column.name)?),
        })
    };
    columns.iter().enumerate().map(cell).collect()
}

/// A digest over every cell with its kind and length.
pub(super) fn digest(row: &Cells) -> Result<Digest, StoreError> {
    let mut all = Vec::with_capacity(256);
    let mut put = |kind: u8, bytes: Option<&[u8]>| {
        all.push(kind);
        match bytes {
            None => all.push(0),
            Some(bytes) => {
                all.push(1);
                all.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
                all.extend_from_slice(bytes);
            }
        }
    };
    for cell in row {
        match cell {
            Value::String(text) => put(1, text.as_ref().map(String::as_bytes)),
            Value::BigInt(number) => {
                let bytes = number.map(i64::to_be_bytes);
                put(2, bytes.as_ref().map(<[u8; 8]>::as_slice));
            }
            Value::Bool(flag) => {
                let bytes = flag.map(|flag| [u8::from(flag)]);
                put(3, bytes.as_ref().map(<[u8; 1]>::as_slice));
            }
            Value::Bytes(bytes) => put(4, bytes.as_deref()),
            _ => return Err(StoreError::broken("a cell of a kind that no column has")),
        }
    }
    Ok(Digest::sha256(&all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_differ_in_anything_have_different_digests() {
        let rows: Vec<Cells> = vec![
            vec![
                Value::String(Some("a".into())),
                Value::String(Some("b".into())),
            ],
            vec![
                Value::String(Some("ab".into())),
                Value::String(Some(String::new())),
            ],
            vec![Value::String(Some("ab".into())), Value::String(None)],
            vec![Value::String(None), Value::String(Some("ab".into()))],
            vec![Value::Bytes(Some(b"ab".to_vec())), Value::String(None)],
            vec![Value::BigInt(Some(0)), Value::Bool(Some(false))],
            vec![Value::BigInt(Some(0)), Value::Bool(Some(true))],
            vec![Value::BigInt(Some(1)), Value::Bool(Some(false))],
            vec![Value::BigInt(None), Value::Bool(Some(false))],
        ];
        let mut seen = std::collections::BTreeSet::new();
        for row in &rows {
            assert!(
                seen.insert(digest(row).unwrap().as_bytes().to_vec()),
                "{row:?}"
            );
        }
    }
}
