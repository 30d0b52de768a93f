//! The audit trail: how events are made and read, watched and copied to sinks, how the trail is
//! verified, and how its beginning is given up.

mod feed;
mod floor;
mod read;
mod recorder;
mod refusals;
mod request;
mod retention;
mod tail;
mod traces;
mod verify;

pub use feed::{Fed, FeedError, FeedSink, Personal, SinkForm};
pub use floor::Floor;
pub use read::{OpenedEvent, ReadAudit, TrailExport, TrailPage};
pub use recorder::{Entry, Recorder};
pub use refusals::{RefusalKey, Refusals, Repeat};
pub use request::RequestFacts;
pub use retention::{RemoveOldEvents, Removed};
pub use tail::{Tail, TailAudit, TailPage, TailStart};
pub use traces::{TokenTrace, Traces};
pub use verify::{Fault, KnownSeal, Verification, VerifyAudit};
