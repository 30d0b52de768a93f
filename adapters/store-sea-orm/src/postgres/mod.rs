//! The server engine: PostgreSQL through SeaORM and sqlx, for many nodes on one database.
//!
//! Everything runs on one multi-threaded runtime that the store owns: a connection that was
//! opened in a worker's single-threaded runtime would die with it. A unit is a task there, which
//! owns its transaction and takes statements by message; when its caller is gone the task
//! rolls back by itself.

mod bell;
mod connect;
mod engine;
mod pool;
mod schema;
mod sealer;
mod transaction;

pub(crate) use connect::direct;
pub(crate) use engine::Engine;
pub(crate) use pool::Pool;
pub(crate) use schema::migrate;
pub(crate) use transaction::Transaction;
