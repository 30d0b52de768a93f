//! The exporter of traces in a running server: what it needs is made before the log starts, it
//! runs while there is anything to trace, and sends the rest when the server stops.

use std::sync::Arc;

use gatelodge_crypto::OpensslRng;
use gatelodge_egress::UreqEgress;
use gatelodge_ports::Rng;
use gatelodge_telemetry::traces::{Exporter, SpanLayer, TraceFigures, traces};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::builder::Parts;
use crate::settings::Settings;

/// A running exporter.
pub(super) struct Exporting {
    /// What became of spans.
    pub(super) figures: Arc<TraceFigures>,
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

/// Both ends of the queue, where traces go anywhere. Nothing runs yet.
pub(super) fn prepare(settings: &Settings, parts: &Parts) -> Option<(SpanLayer, Exporter)> {
    let options = settings.telemetry.traces.as_ref()?;
    let rng: Arc<dyn Rng> = parts.rng.clone().unwrap_or_else(|| Arc::new(OpensslRng));
    Some(traces(options, rng))
}

impl Exporting {
    /// Starts it on the current runtime.
    pub(super) fn start(settings: &Settings, exporter: Exporter) -> Self {
        // The operator names the collector, and may mean one in the house's own network.
        let collector = settings.telemetry.collector.iter().cloned();
        let egress = UreqEgress::new(collector.collect());
        let (stop, stopped) = watch::channel(false);
        Self {
            figures: exporter.figures(),
            task: tokio::spawn(exporter.run(egress, stopped)),
            stop,
        }
    }

    /// Sends what is still there, for as long as that may take.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}
