//! The span of a delivery: a trace of its own, since nothing waits for it.

use std::future::Future;

use gatelodge_ports::{SinkError, SinkRecord};
use tracing::field::Empty;
use tracing::{Instrument as _, trace_span};

/// Delivers, and says how it went.
pub(crate) async fn watched(
    sink: &'static str,
    records: &[SinkRecord],
    delivery: impl Future<Output = Result<(), SinkError>>,
) -> Result<(), SinkError> {
    let span = trace_span!(
        target: "gatelodge_trace::root",
        "deliver audit records",
        otel.kind = "client",
        otel.status_code = Empty,
        gatelodge.sink = sink,
        gatelodge.records = records.len(),
    );
    let delivered = delivery.instrument(span.clone()).await;
    if delivered.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    delivered
}
