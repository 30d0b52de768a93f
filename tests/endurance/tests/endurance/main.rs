//! What the house must endure, in the short form that every change must pass.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must say where it stopped"
)]

#[cfg(feature = "postgres-tests")]
mod asynchronous_commit;
mod power_loss;
mod torture;
