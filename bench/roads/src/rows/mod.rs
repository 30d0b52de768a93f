//! The rows that a request writes, learned by looking: the durable tables before and after one
//! request to the real server. What is new is an insert, what is another is an update.
//!
//! A template is such a row with places for what differs from request to request: ids that the
//! request makes, ids of its client, person, session and family, running numbers, and moments.
//! So the reference writes what the server writes, whatever the schema becomes.

mod learn;
mod snapshot;
mod write;

use serde::{Deserialize, Serialize};

pub use learn::learn;
pub use snapshot::Snapshot;
pub use write::{Statements, Writer};

/// A column's value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// NULL
    Null,
    /// A number, or a moment in milliseconds.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// What stands in a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    /// The same for every request.
    Always(Value),
    /// Bytes that the request makes: the same wherever the slot comes again.
    Fresh {
        /// Which of the request's makings.
        slot: u8,
        /// How many bytes.
        length: usize,
    },
    /// The id of a row of that table, the next one for each request.
    Of(String),
    /// The next number of that column.
    Running,
    /// That moment, as much later as the request is.
    Moment(i64),
}

/// A statement of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowTemplate {
    /// The table.
    pub table: String,
    /// What is written: all columns of a new row, the changed ones of an old one.
    pub columns: Vec<(String, Cell)>,
    /// Which row is changed; nothing for a new one.
    pub key: Vec<(String, Cell)>,
    /// How often it is written.
    pub per: Per,
}

/// How often a row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Per {
    /// For each request.
    Request,
    /// For each transaction.
    Transaction,
}

#[cfg(test)]
mod tests;
