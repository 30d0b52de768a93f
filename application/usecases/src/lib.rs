//! What Gatelodge does: a module per slice, a file per verb.
//!
//! A use case is a struct built once from the [`foundation::Foundation`] and shared by `Arc`.
//! It reads the clock once, hands `now` down, hashes before a unit of work and signs after it.
//! A denial about a known thing is a fact that is recorded and committed, then answered; what
//! is malformed or anonymous writes nothing; only failures roll back.

pub mod audit;
pub mod codes;
pub mod error;
pub mod foundation;
pub mod grants;
pub mod keys;
pub mod parameters;
pub mod realms;
pub mod revocations;
pub mod tokens;

pub use error::{Denial, Error, ErrorCode, Failure};
pub use foundation::Foundation;
pub use parameters::Parameters;
