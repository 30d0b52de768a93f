//! The embedded engine: one file, one writer's turn at a time, commits in groups.
//!
//! A unit of work is a *turn* inside a transaction that many units share (a *batch*). Statements
//! run inline, on the thread of whoever holds the unit, or on the committer's where the work was
//! handed over. When nobody wants a turn any more the committer, a thread of its own, ends the
//! batch with one real COMMIT under `synchronous=FULL` and answers every member: a durable write
//! then costs a fraction of an fsync instead of one. Measured: one insert a unit, 64 tasks, 15–32
//! thousand units a second.

mod batch;
mod checkpoint;
mod connection;
mod engine;
mod proxy;
mod queue;
mod readers;
mod schema;
mod statement;
mod task;
#[cfg(test)]
mod tests;
mod trail;
mod turn;
mod undo;
mod writer;

pub(crate) use connection::{Purpose, Source, make_ready};
pub(crate) use engine::Engine;
pub(crate) use readers::Reader;
pub(crate) use schema::migrate;
#[cfg(test)]
pub(crate) use statement::recorded;
pub(crate) use statement::{Failure, execute, fetch};
pub(crate) use trail::read_seal;
pub(crate) use turn::Turn;
