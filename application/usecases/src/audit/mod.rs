//! The audit trail: how events are made, and how the trail is verified.

mod read;
mod recorder;
mod refusals;
mod request;
mod traces;
mod verify;

pub use read::{OpenedEvent, ReadAudit, TrailPage};
pub use recorder::{Entry, Recorder};
pub use refusals::{RefusalKey, Refusals, Repeat};
pub use request::RequestFacts;
pub use traces::{TokenTrace, Traces};
pub use verify::{Fault, KnownSeal, Verification, VerifyAudit};
