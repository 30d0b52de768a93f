//! The store on SQLite files: the conformance suite on a plain one and on an encrypted one, and
//! what opening a file promises.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in the functions that its cases share"
)]

mod encrypted;
mod large;
mod opening;
mod plain;
