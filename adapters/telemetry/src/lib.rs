//! What a running house tells its operator: figures for Prometheus, and traces for OpenTelemetry.
//!
//! Figures: counting requests, and writing families of metrics as text. The text format (version 0.0.4) is lines that we write ourselves: the families are fixed, and
//! what a metrics library adds is a registry that every request would go through. Counting is
//! relaxed additions to numbers that live as long as the process. Traces: see [`traces`].

mod exposition;
mod histogram;
mod requests;
pub mod traces;

pub use exposition::{Exposition, Kind};
pub use histogram::{Histogram, Reading};
pub use requests::{Answered, Requests};

/// The media type of what [`Exposition`] writes.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
