//! Several nodes behind nginx on one PostgreSQL, all on loopback and gone with the process; and
//! what they promise together: that they behave as one.
//!
//! `cargo xtask cluster` runs all of it; the stories that take seconds are tests of this crate.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a run that cannot go on must say where it stopped"
)]

pub mod cluster;
pub mod cost;
pub mod documents;
pub mod front;
pub mod jobs;
pub mod load;
pub mod lockout;
pub mod node;
pub mod promises;
pub mod proxy;
pub mod races;
pub mod restarts;
pub mod sinks;
pub mod stopwatch;
pub mod strangers;

pub use cluster::{Cluster, Notifications, Plan};
