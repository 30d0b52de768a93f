//! The span of a mail that is handed over: that it was, how long it took and what came of it, and
//! nothing of whose it is.

use std::future::Future;

use gatelodge_ports::mailer::Delivery;
use tracing::field::Empty;
use tracing::{Instrument as _, trace_span};

/// Hands over, and says how it went.
pub(crate) async fn watched(
    transport: &'static str,
    sending: impl Future<Output = Delivery>,
) -> Delivery {
    let span = trace_span!(
        target: "gatelodge_trace::root",
        "send mail",
        otel.kind = "client",
        otel.status_code = Empty,
        gatelodge.transport = transport,
        gatelodge.outcome = Empty,
    );
    let delivery = sending.instrument(span.clone()).await;
    let outcome = match &delivery {
        Delivery::Sent => "sent",
        Delivery::TemporaryFailure(trouble) | Delivery::PermanentFailure(trouble) => {
            span.record("otel.status_code", "ERROR");
            trouble.what
        }
    };
    span.record("gatelodge.outcome", outcome);
    delivery
}
