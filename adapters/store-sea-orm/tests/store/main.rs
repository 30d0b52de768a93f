//! The store on SQLite files: the conformance suite on a plain one and on an encrypted one, and
//! what opening a file promises.

mod encrypted;
mod opening;
mod plain;
