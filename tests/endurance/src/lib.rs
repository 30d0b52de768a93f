//! What the house must endure: being killed, losing power, running for a long time.
//!
//! A **workload** of real HTTP clients ([`resident`]) talks to the real binary ([`house`]).
//! Every resident keeps a ledger of the answers that it really got, and of what it asked and
//! got no answer to, so that afterwards each can be held against what the server then says.
//! [`torture`] kills the server under that load again and again, [`soak`] lets it run and
//! measures what grows, and [`power`] reads the system calls of a server and shows that no
//! answer leaves before the disk has what it promises.
//!
//! Failures here are failures of a test, so this crate panics where a test would.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on must say where it stopped"
)]

pub mod dice;
pub mod house;
pub mod line;
pub mod pace;
pub mod power;
pub mod resident;
pub mod soak;
pub mod stopwatch;
pub mod torture;
pub mod trail;
