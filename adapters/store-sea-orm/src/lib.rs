//! The durable store: SQLite by default (SQLCipher with a database key), PostgreSQL for many
//! nodes; one set of entities, statements, migrations and one error table for both.
//!
//! `slices/` implements a port per file over [`view::View`], building statements from the
//! private rows in `entities/`; `executor` hands them to the engine at hand. SeaORM is our
//! statements, our migrations and our PostgreSQL driver; how a statement reaches a SQLite file
//! is `sqlite/`'s own business, because there each hop to another thread costs more than the
//! statement.

pub mod copy;
mod entities;
mod error;
mod executor;
mod open_error;
#[cfg(test)]
mod plans;
mod postgres;
mod row;
mod schema;
mod seal_log;
mod shape;
mod slices;
mod sqlite;
mod store;
mod view;

pub use open_error::OpenError;
pub use schema::Migrate;
pub use store::{Notifications, PostgresOptions, SeaOrmStore, SqliteOptions};
