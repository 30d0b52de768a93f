//! What the server does when its surroundings fail: the disk, the database, the clock, the
//! descriptors, the clients, and too many of them at once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a story that cannot go on must say where it stopped, and how long things took"
)]

mod burst;
mod clients;
#[cfg(feature = "machine-tests")]
mod clock;
mod collector;
mod descriptors;
#[cfg(feature = "machine-tests")]
mod disk_full;
#[cfg(feature = "machine-tests")]
mod events;
mod house;
#[cfg(feature = "machine-tests")]
mod housekeeping;
mod locked;
#[cfg(feature = "postgres-tests")]
mod postgres_gone;
mod races;
#[cfg(feature = "machine-tests")]
mod retention;
mod session_limits;
