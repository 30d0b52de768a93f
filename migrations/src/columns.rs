//! The few kinds of column and index that the schema is made of, in the words of the steps.

use sea_orm_migration::prelude::{
    ColumnDef, ColumnType, ConditionalStatement as _, ConnectionTrait as _, Expr, ExprTrait as _,
    Index, IndexCreateStatement, SchemaManager, Table, TableCreateStatement,
};
use sea_orm_migration::sea_orm::{DbBackend, DbErr};

/// Who sees to it on SQLite that a number does not come again when its row is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// The engine.
    NeverAgain,
    /// Who inserts.
    Given,
}

/// Makes tables and indexes on the engine at hand.
pub(crate) struct Schema<'a> {
    manager: &'a SchemaManager<'a>,
}

impl<'a> Schema<'a> {
    /// Over the connection that the step was given.
    pub(crate) const fn new(manager: &'a SchemaManager<'a>) -> Self {
        Self { manager }
    }

    /// Whether the engine is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        self.manager.get_database_backend() == DbBackend::Postgres
    }

    /// Makes a table with that primary key.
    pub(crate) async fn table(
        &self,
        name: &'static str,
        key: &[&'static str],
        columns: Vec<ColumnDef>,
    ) -> Result<(), DbErr> {
        let mut primary = Index::create();
        for column in key {
            primary.col(*column);
        }
        let mut table = self.table_of(name, columns);
        self.manager
            .create_table(table.primary_key(&mut primary).take())
            .await
    }

    /// Makes a table whose rows are numbered upwards; the number is its primary key.
    ///
    /// On SQLite the number is the row id: given by who inserts, or else by the engine, which
    /// with [`Numbers::NeverAgain`] remembers the highest one ever given. On PostgreSQL it is
    /// drawn from a sequence, and only by a transaction that has its id already: so a
    /// transaction that can still bring a number below a visible one has an id that was given
    /// before that visible number was, and who must not miss a row can wait for it to end.
    pub(crate) async fn numbered_table(
        &self,
        name: &'static str,
        number: &'static str,
        numbers: Numbers,
        columns: Vec<ColumnDef>,
    ) -> Result<(), DbErr> {
        let mut key = ColumnDef::new(number);
        key.big_integer().not_null().primary_key();
        if self.is_postgres() {
            self.run(&format!("CREATE SEQUENCE {name}_{number}_seq"))
                .await?;
            key.default(Expr::cust(format!(
                "(CASE WHEN pg_current_xact_id() IS NOT NULL \
                  THEN nextval('{name}_{number}_seq') END)"
            )));
        } else if numbers == Numbers::NeverAgain {
            key.auto_increment();
        }
        let all = core::iter::once(key).chain(columns).collect();
        self.manager.create_table(self.table_of(name, all)).await
    }

    fn table_of(&self, name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
        let mut table = Table::create();
        table.table(name);
        for mut column in columns {
            let is_text = column
                .get_column_type()
                .is_some_and(|kind| matches!(kind, ColumnType::Text));
            if is_text && self.is_postgres() {
                column.extra("COLLATE \"C\"");
            }
            table.col(column);
        }
        table
    }

    /// Adds a column to a table that is there. It may be absent or has a default, so that a
    /// program that does not know it goes on writing rows.
    pub(crate) async fn add(&self, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
        let mut all = self.table_of(table, vec![column]);
        let mut alter = Table::alter();
        alter.table(table);
        for column in all.take().get_columns() {
            alter.add_column(column.clone());
        }
        self.manager.alter_table(alter).await
    }

    /// Makes a unique index; its name is what the adapter tells a duplicate by.
    pub(crate) async fn unique(
        &self,
        name: &'static str,
        table: &'static str,
        columns: &[&'static str],
    ) -> Result<(), DbErr> {
        self.manager
            .create_index(index_of(name, table, columns).unique().take())
            .await
    }

    /// Makes a unique index over the rows in which its last column is set.
    pub(crate) async fn unique_where_set(
        &self,
        name: &'static str,
        table: &'static str,
        columns: &[&'static str],
    ) -> Result<(), DbErr> {
        self.manager
            .create_index(
                where_set(index_of(name, table, columns), columns)
                    .unique()
                    .take(),
            )
            .await
    }

    /// Makes an index.
    pub(crate) async fn index(
        &self,
        name: &'static str,
        table: &'static str,
        columns: &[&'static str],
    ) -> Result<(), DbErr> {
        self.manager
            .create_index(index_of(name, table, columns))
            .await
    }

    /// Makes an index over the rows in which its second column, after the realm, is set.
    pub(crate) async fn index_where_set(
        &self,
        name: &'static str,
        table: &'static str,
        columns: &[&'static str],
    ) -> Result<(), DbErr> {
        self.manager
            .create_index(where_set(index_of(name, table, columns), &columns[..2]))
            .await
    }

    /// Runs a statement that the builders have no words for.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), DbErr> {
        self.manager
            .get_connection()
            .execute_unprepared(sql)
            .await
            .map(|_| ())
    }
}

fn index_of(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

fn where_set(mut index: IndexCreateStatement, columns: &[&'static str]) -> IndexCreateStatement {
    if let Some(last) = columns.last() {
        index.and_where(Expr::col(*last).is_not_null());
    }
    index
}

/// Text that must be there.
pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

/// Text that may be absent.
pub(crate) fn text_or_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

/// Bytes that must be there: ids, digests, sealed values.
pub(crate) fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

/// Bytes that may be absent.
pub(crate) fn bytes_or_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().null().take()
}

/// A number, or a moment in milliseconds, that must be there.
pub(crate) fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

/// A number or a moment that may be absent.
pub(crate) fn number_or_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

/// Yes or no.
pub(crate) fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

/// Yes or no, and no where a program that does not know it writes a row.
pub(crate) fn flag_off(name: &'static str) -> ColumnDef {
    ColumnDef::new(name)
        .boolean()
        .not_null()
        .default(false)
        .take()
}
