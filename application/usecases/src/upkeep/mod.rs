//! What has to be done now and then without anybody asking: rows whose time is over are
//! removed, repeated refusals become events, waiting traces and uses of sessions are written, and nodes announce
//! themselves. The loops around it live where tasks are made.

pub(crate) mod budget;
mod expired;
mod lease;
mod nodes;
mod refusals;
mod touches;
mod traces;

pub use expired::{Expired, SweepExpired};
pub use lease::JobLease;
pub use nodes::{AnnounceNode, Announced};
pub use refusals::FlushRefusals;
pub use touches::FlushTouches;
pub use traces::FlushTraces;
