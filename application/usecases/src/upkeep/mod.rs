//! What has to be done now and then without anybody asking: rows whose time is over are
//! removed, and repeated refusals become events. The loops around it live where tasks are made.

mod expired;
mod lease;
mod refusals;

pub use expired::SweepExpired;
pub use lease::JobLease;
pub use refusals::FlushRefusals;
