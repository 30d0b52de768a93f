//! The audit trail: how events are made, and how the trail is verified.

mod recorder;
mod refusals;
mod request;

pub use recorder::{Entry, Recorder};
pub use refusals::{RefusalKey, Refusals, Repeat};
pub use request::RequestFacts;
