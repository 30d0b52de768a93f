//! What has to be done now and then without anybody asking: rows whose time is over are
//! removed, repeated refusals become events, waiting traces are written, and nodes announce
//! themselves. The loops around it live where tasks are made.

mod expired;
mod lease;
mod nodes;
mod refusals;
mod traces;

pub use expired::SweepExpired;
pub use lease::JobLease;
pub use nodes::{AnnounceNode, Announced};
pub use refusals::FlushRefusals;
pub use traces::FlushTraces;
