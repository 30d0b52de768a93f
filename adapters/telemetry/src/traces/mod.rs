//! Traces: spans of what a request waits for, sent to an OpenTelemetry collector by OTLP over
//! HTTP.
//!
//! Adapters say where a span begins and ends with `tracing`, under targets of their own, and know
//! nothing else of it; the log has nothing to do with these spans. Here they become records with
//! ids, wait in a bounded queue, and leave in batches. Without a collector in the settings nothing
//! here is started: the spans of adapters are switched off at their call sites, which costs one
//! comparison and allocates nothing.
//!
//! Targets:
//!
//! - `gatelodge_trace::root`: begins a trace where there is none, if it is drawn; goes on with the
//!   one around it otherwise. Requests, mails, deliveries.
//! - `gatelodge_trace::continued`: goes on with the trace of a caller.
//! - `gatelodge_trace`: a part of what is around it, and nothing by itself.
//!
//! Fields whose names begin with `otel.` say what the span is (`otel.name`, `otel.kind`,
//! `otel.status_code`), as `tracing-opentelemetry` has them; all others are its attributes. They
//! hold patterns, words of ours and numbers: never a path, a query, a name or a secret.

mod export;
mod ids;
mod layer;
mod otlp;
mod parent;
mod request;
mod sampling;
mod span;

use std::sync::Arc;

use gatelodge_domain::SecretText;
use gatelodge_ports::Rng;
use tokio::sync::mpsc;

pub use export::{Exporter, Spans, TraceFigures};
pub use layer::SpanLayer;
pub use parent::Parent;
pub use request::{AnsweredRequest, begin_request, end_request};

/// What every target begins with. Whoever shows spans elsewhere leaves these out.
pub const TARGET: &str = "gatelodge_trace";
const ROOT: &str = "gatelodge_trace::root";
const CONTINUED: &str = "gatelodge_trace::continued";

/// How many spans may wait for the exporter; further ones are dropped and counted.
const QUEUE: usize = 4_096;

/// Where traces go, and how many.
#[derive(Debug)]
pub struct TraceOptions {
    /// URL that takes `ExportTraceServiceRequest` by POST.
    pub endpoint: String,
    /// Sent with each export.
    pub headers: Vec<(String, SecretText)>,
    /// `service.name` of the resource.
    pub service_name: String,
    /// How many of the traces that begin here are kept, from 0 to 1.
    pub sample_ratio: f64,
}

/// Both ends of the queue: what puts spans into it, and what takes them out.
pub fn traces(options: &TraceOptions, rng: Arc<dyn Rng>) -> (SpanLayer, Exporter) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let figures = Arc::new(TraceFigures::default());
    let exporter = Exporter::new(options, &*rng, receiver, figures.clone());
    let sampler = sampling::Sampler::new(options.sample_ratio);
    let layer = SpanLayer::new(sampler, rng, sender, figures);
    (layer, exporter)
}
