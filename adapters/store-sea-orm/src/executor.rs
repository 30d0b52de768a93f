//! Runs the statements of one unit or snapshot, on either engine.
//!
//! Statements are built once by SeaORM's entities and sea-query and rendered for the engine at
//! hand. On SQLite they run inline on the caller's thread: a statement that crosses a thread
//! costs more than the statement. On PostgreSQL they run on the store's own runtime.
//!
//! What slices rely on:
//!
//! - Integers are `bigint` on both engines: bind and read `i64`.
//! - After a constraint violation a unit on PostgreSQL answers nothing but errors until it is
//!   dropped. Where taking a key twice is an outcome and no error (`Collision`, `Again`, upserts),
//!   say so in the statement: `ON CONFLICT … DO NOTHING` or `DO UPDATE`, and count rows.
//! - Foreign keys are immediate, never deferred: a deferred one would fail at the COMMIT that
//!   a whole batch of units shares.

use gatelodge_domain::Digest;
use gatelodge_ports::StoreError;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{DbBackend, EntityTrait, Iterable as _, Statement, StatementBuilder};

use crate::entities::Table;
use crate::postgres;
use crate::row::Row;
use crate::sqlite;

/// How the statements of one unit or snapshot reach their engine.
pub(crate) enum Executor {
    /// A writer's turn on the SQLite file.
    SqliteUnit(sqlite::Turn),
    /// Point reads on SQLite's reader connections.
    SqliteReader(sqlite::Reader),
    /// A transaction on PostgreSQL, for writing or for one consistent view.
    PostgresTransaction(postgres::Transaction),
    /// Single statements on PostgreSQL's pool.
    PostgresPool(postgres::Pool),
}

impl Executor {
    /// Which dialect statements are rendered in; for the few places that differ.
    pub(crate) fn backend(&self) -> DbBackend {
        match self {
            Self::SqliteUnit(_) | Self::SqliteReader(_) => DbBackend::Sqlite,
            Self::PostgresTransaction(_) | Self::PostgresPool(_) => DbBackend::Postgres,
        }
    }

    /// Runs a statement and answers how many rows it changed.
    pub(crate) async fn execute<S: StatementBuilder>(
        &mut self,
        statement: &S,
    ) -> Result<u64, StoreError> {
        let statement = statement.build(&self.backend());
        self.execute_raw(statement).await
    }

    /// As [`Self::execute`], for a statement that is rendered already.
    pub(crate) async fn execute_raw(&mut self, statement: Statement) -> Result<u64, StoreError> {
        match self {
            Self::SqliteUnit(turn) => turn.execute(statement),
            Self::SqliteReader(reader) => reader.execute(&statement),
            Self::PostgresTransaction(transaction) => transaction.execute(statement).await,
            Self::PostgresPool(pool) => pool.execute(statement).await,
        }
    }

    /// Inserts a row.
    pub(crate) async fn insert<M: Table>(&mut self, row: M) -> Result<(), StoreError> {
        let insert = self.insertion(row);
        self.execute_raw(insert).await.map(|_| ())
    }

    /// As [`Self::insert`], for a row that nothing in the unit looks at: the embedded engine
    /// inserts it at the unit's end, where a unit of nothing else is much cheaper.
    pub(crate) async fn insert_last<M: Table>(&mut self, row: M) -> Result<(), StoreError> {
        let insert = self.insertion(row);
        match self {
            Self::SqliteUnit(turn) => turn.execute_last(insert),
            _ => self.execute_raw(insert).await.map(|_| ()),
        }
    }

    fn insertion<M: Table>(&self, row: M) -> Statement {
        M::insertion().with(self.backend(), row.values(), |values| {
            Query::insert()
                .into_table(M::Entity::default())
                .columns(<M::Entity as EntityTrait>::Column::iter())
                .values_panic(values.iter().cloned().map(Expr::value))
                .take()
        })
    }

    /// Runs a SELECT, or a statement with RETURNING, and decodes every row.
    pub(crate) async fn fetch_all<S, T, D>(
        &mut self,
        statement: &S,
        decode: D,
    ) -> Result<Vec<T>, StoreError>
    where
        S: StatementBuilder,
        D: Fn(&Row<'_>) -> Result<T, StoreError> + Send,
        T: Send,
    {
        let statement = statement.build(&self.backend());
        self.fetch_raw(statement, decode).await
    }

    /// As [`Self::fetch_all`], for at most one row: the first.
    pub(crate) async fn fetch_one<S, T, D>(
        &mut self,
        statement: &S,
        decode: D,
    ) -> Result<Option<T>, StoreError>
    where
        S: StatementBuilder,
        D: Fn(&Row<'_>) -> Result<T, StoreError> + Send,
        T: Send,
    {
        Ok(self.fetch_all(statement, decode).await?.into_iter().next())
    }

    /// As [`Self::fetch_all`], for a statement that may have to look at many rows: a list, a
    /// count, an export. In a snapshot of the embedded engine it runs on a blocking pool, so that
    /// nobody else whom this thread serves waits for it.
    pub(crate) async fn scan<S, T, D>(
        &mut self,
        statement: &S,
        decode: D,
    ) -> Result<Vec<T>, StoreError>
    where
        S: StatementBuilder,
        D: Fn(&Row<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let statement = statement.build(&self.backend());
        self.scan_raw(statement, decode).await
    }

    /// As [`Self::scan`], for a statement that is rendered already.
    pub(crate) async fn scan_raw<T, D>(
        &mut self,
        statement: Statement,
        decode: D,
    ) -> Result<Vec<T>, StoreError>
    where
        D: Fn(&Row<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        match self {
            Self::SqliteReader(reader) => reader.scan(statement, decode).await,
            _ => self.fetch_raw(statement, decode).await,
        }
    }

    /// As [`Self::fetch_raw`], for at most one row: the first.
    pub(crate) async fn fetch_one_raw<T, D>(
        &mut self,
        statement: Statement,
        decode: D,
    ) -> Result<Option<T>, StoreError>
    where
        D: Fn(&Row<'_>) -> Result<T, StoreError> + Send,
        T: Send,
    {
        let rows = self.fetch_raw(statement, decode).await?;
        Ok(rows.into_iter().next())
    }

    /// As [`Self::fetch_all`], for a statement that is rendered already.
    pub(crate) async fn fetch_raw<T, D>(
        &mut self,
        statement: Statement,
        decode: D,
    ) -> Result<Vec<T>, StoreError>
    where
        D: Fn(&Row<'_>) -> Result<T, StoreError> + Send,
        T: Send,
    {
        let rows = match self {
            Self::SqliteUnit(turn) => return turn.fetch(statement, &decode),
            Self::SqliteReader(reader) => return reader.fetch(&statement, &decode),
            Self::PostgresTransaction(transaction) => transaction.fetch(statement).await?,
            Self::PostgresPool(pool) => pool.fetch(statement).await?,
        };
        rows.iter().map(|row| decode(&Row::Postgres(row))).collect()
    }

    /// Announces that events with these digests are appended next, in this order.
    ///
    /// `Some(first)`: insert them at positions `first`, `first + 1`, … (SQLite; the batch seals
    /// them before its COMMIT). `None`: leave the column `position` out and let its default draw
    /// it (PostgreSQL; a job seals them later). Without a seal key nothing is appended.
    pub(crate) fn append_events(&mut self, digests: &[Digest]) -> Result<Option<u64>, StoreError> {
        match self {
            Self::SqliteUnit(turn) => turn.append_events(digests).map(Some),
            Self::PostgresTransaction(transaction) => {
                transaction.require_seal_key()?;
                Ok(None)
            }
            Self::SqliteReader(_) | Self::PostgresPool(_) => {
                Err(StoreError::broken("a snapshot cannot append to the trail"))
            }
        }
    }

    /// Makes a unit durable and visible, or nothing of it.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::SqliteUnit(turn) => turn.commit().await,
            Self::PostgresTransaction(transaction) => transaction.commit().await,
            Self::SqliteReader(_) | Self::PostgresPool(_) => {
                Err(StoreError::broken("a snapshot has nothing to commit"))
            }
        }
    }

    /// Notes that the unit announced a change, so that its commit wakes the feed's readers.
    pub(crate) fn note_change(&mut self) {
        match self {
            Self::SqliteUnit(turn) => turn.note_change(),
            Self::PostgresTransaction(transaction) => transaction.note_change(),
            Self::SqliteReader(_) | Self::PostgresPool(_) => {}
        }
    }
}
