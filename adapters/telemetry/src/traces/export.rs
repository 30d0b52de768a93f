//! Hands spans over to the collector, in batches, beside everything else.
//!
//! Nobody waits for it. What a collector does not take is dropped and counted, said once; after a
//! failure it is left alone for a while, longer each time, and what does not fit into the queue
//! meanwhile is dropped where it was made.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gatelodge_domain::SecretText;
use gatelodge_ports::egress::{EgressMethod, EgressRequest};
use gatelodge_ports::{Egress, Rng};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::TraceOptions;
use super::otlp;
use super::span::{Span, Value};
use crate::exposition::{Exposition, Kind};

/// Most spans of one export.
const BATCH: usize = 512;
/// For one export.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last export may take when the server stops.
const PARTING: Duration = Duration::from_secs(2);
/// What a collector may say.
const ANSWER: u64 = 65_536;

/// Spans since the start, by what became of them.
#[derive(Debug, Default)]
pub struct TraceFigures {
    exported: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
}

/// The same at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spans {
    /// The collector has them.
    pub exported: u64,
    /// It did not take them.
    pub refused: u64,
    /// The queue was full.
    pub dropped: u64,
}

impl TraceFigures {
    pub(super) fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// As of now.
    pub fn read(&self) -> Spans {
        Spans {
            exported: self.exported.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }

    /// Writes them; zeros where nothing is traced.
    pub fn write(of: Option<&Self>, page: &mut Exposition) {
        let spans = of.map_or_else(|| Self::default().read(), Self::read);
        page.family(
            "gatelodge_trace_spans_total",
            Kind::Counter,
            "Spans of traces by outcome: exported, refused by the collector, dropped unsent.",
        );
        page.sample(&[("outcome", "exported")], spans.exported);
        page.sample(&[("outcome", "refused")], spans.refused);
        page.sample(&[("outcome", "dropped")], spans.dropped);
    }
}

/// How an exporter takes its time.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// How long spans wait for others to travel with.
    linger: Duration,
    /// How long a collector that failed is left alone: at first, and at most.
    again: (Duration, Duration),
}

const PACE: Pace = Pace {
    linger: Duration::from_secs(1),
    again: (Duration::from_secs(1), Duration::from_secs(30)),
};

/// Takes spans out of the queue and sends them.
pub struct Exporter {
    pace: Pace,
    endpoint: String,
    headers: Vec<(String, SecretText)>,
    resource: Vec<(&'static str, Value)>,
    queue: mpsc::Receiver<Span>,
    figures: Arc<TraceFigures>,
    failing: bool,
}

impl Exporter {
    pub(super) fn new(
        options: &TraceOptions,
        rng: &dyn Rng,
        queue: mpsc::Receiver<Span>,
        figures: Arc<TraceFigures>,
    ) -> Self {
        let text = |text: &str| Value::Text(text.to_owned());
        let instance = u64::from_be_bytes(rng.bytes());
        Self {
            pace: PACE,
            endpoint: options.endpoint.clone(),
            headers: options.headers.clone(),
            resource: vec![
                ("service.name", text(&options.service_name)),
                ("service.version", text(env!("CARGO_PKG_VERSION"))),
                ("service.instance.id", text(&format!("{instance:016x}"))),
                ("telemetry.sdk.name", text("gatelodge")),
                ("telemetry.sdk.language", text("rust")),
                ("telemetry.sdk.version", text(env!("CARGO_PKG_VERSION"))),
            ],
            queue,
            figures,
            failing: false,
        }
    }

    /// What became of spans.
    pub fn figures(&self) -> Arc<TraceFigures> {
        self.figures.clone()
    }

    /// Sends until told to stop, and then what is still there.
    pub async fn run(mut self, egress: Arc<dyn Egress>, mut stopped: watch::Receiver<bool>) {
        let mut batch = Vec::with_capacity(BATCH);
        let (first, longest) = self.pace.again;
        let mut pause = first;
        loop {
            let round = async {
                self.gather(&mut batch).await;
                match self.send(&*egress, &mut batch, PATIENCE).await {
                    Sent::Taken => pause = first,
                    Sent::Lost => {
                        sleep(pause).await;
                        pause = (pause * 2).min(longest);
                    }
                }
            };
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                () = round => {}
            }
        }
        // Whoever has not been taking anything is not waited for.
        if !self.failing {
            let _ = timeout(PARTING, self.finish(&*egress, batch)).await;
        }
    }

    /// Waits for a first span, and a little for others. What was gathered stays when it is
    /// cancelled.
    async fn gather(&mut self, batch: &mut Vec<Span>) {
        if batch.is_empty() && self.queue.recv_many(batch, BATCH).await == 0 {
            // Nobody can put anything there any more.
            core::future::pending::<()>().await;
        }
        let more = async {
            while batch.len() < BATCH {
                let room = BATCH - batch.len();
                if self.queue.recv_many(batch, room).await == 0 {
                    return;
                }
            }
        };
        let _ = timeout(self.pace.linger, more).await;
    }

    async fn finish(&mut self, egress: &dyn Egress, mut batch: Vec<Span>) {
        loop {
            while batch.len() < BATCH
                && let Ok(span) = self.queue.try_recv()
            {
                batch.push(span);
            }
            if batch.is_empty() {
                return;
            }
            if self.send(egress, &mut batch, PARTING).await == Sent::Lost {
                return;
            }
        }
    }

    /// Sends a batch, which is empty then.
    async fn send(
        &mut self,
        egress: &dyn Egress,
        batch: &mut Vec<Span>,
        patience: Duration,
    ) -> Sent {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![
            header("content-type", otlp::CONTENT_TYPE),
            header("user-agent", "gatelodge"),
        ];
        let ours = self.headers.iter();
        headers.extend(ours.map(|(name, value)| header(name, value.expose())));
        let request = EgressRequest {
            method: EgressMethod::Post,
            url: self.endpoint.clone(),
            headers,
            body: otlp::request(&self.resource, batch),
            limit: ANSWER,
            timeout: patience,
        };
        let why = match egress.fetch(request).await {
            Ok(answer) if (200..300).contains(&answer.status) => None,
            Ok(answer) => Some(format!("it answered {}", answer.status)),
            Err(error) => Some(error.to_string()),
        };
        let count = batch.len() as u64;
        batch.clear();
        let (counted, sent) = match &why {
            None => (&self.figures.exported, Sent::Taken),
            Some(_) => (&self.figures.refused, Sent::Lost),
        };
        counted.fetch_add(count, Ordering::Relaxed);
        match why {
            None if self.failing => {
                self.failing = false;
                tracing::info!("the collector takes traces again");
            }
            Some(why) if !self.failing => {
                self.failing = true;
                tracing::warn!("the collector does not take traces; they are dropped: {why}");
            }
            None | Some(_) => {}
        }
        sent
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Taken,
    Lost,
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use gatelodge_ports::egress::{EgressError, EgressResponse};

    use super::*;
    use crate::traces::ids::{SpanId, TraceId};
    use crate::traces::span::SpanKind;

    struct Zeros;

    impl Rng for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    /// Answers what it is told to, and keeps what it was asked.
    #[derive(Default)]
    struct Collector {
        down: Mutex<bool>,
        asked: Mutex<Vec<EgressRequest>>,
    }

    #[async_trait]
    impl Egress for Collector {
        async fn fetch(&self, request: EgressRequest) -> Result<EgressResponse, EgressError> {
            self.asked.lock().unwrap().push(request);
            if *self.down.lock().unwrap() {
                return Err(EgressError::TimedOut);
            }
            Ok(EgressResponse {
                status: 200,
                headers: Vec::new(),
                body: Vec::new(),
            })
        }
    }

    fn span() -> Span {
        Span {
            trace: TraceId([1; 16]),
            id: SpanId([2; 8]),
            parent: None,
            is_continued: false,
            name: "work".into(),
            kind: SpanKind::Internal,
            began: 1,
            ended: 2,
            attributes: Vec::new(),
            failed: false,
        }
    }

    /// Waits until it is so.
    async fn until(what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..6_000 {
            if is_so() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("not {what} within a minute");
    }

    #[tokio::test]
    async fn spans_travel_together_and_a_dead_collector_costs_them_alone() {
        let (sender, receiver) = mpsc::channel(8);
        let figures = Arc::new(TraceFigures::default());
        let options = TraceOptions {
            endpoint: "https://collector.example/v1/traces".to_owned(),
            headers: vec![("x-key".to_owned(), SecretText::new("secret".to_owned()))],
            service_name: "gate".to_owned(),
            sample_ratio: 1.0,
        };
        let mut exporter = Exporter::new(&options, &Zeros, receiver, figures.clone());
        let short = Duration::from_millis(20);
        exporter.pace = Pace {
            linger: short,
            again: (short, short * 4),
        };
        for _ in 0..3 {
            sender.try_send(span()).unwrap();
        }
        let collector = Arc::new(Collector::default());
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(exporter.run(collector.clone(), stopped));
        until("exported", || figures.read().exported == 3).await;
        {
            let asked = collector.asked.lock().unwrap();
            assert_eq!(asked.len(), 1, "three in one");
            let key = ("x-key".to_owned(), "secret".to_owned());
            assert!(asked[0].headers.contains(&key));
        }
        *collector.down.lock().unwrap() = true;
        for lost in 1..=3 {
            sender.try_send(span()).unwrap();
            until("refused", || figures.read().refused == lost).await;
        }
        *collector.down.lock().unwrap() = false;
        sender.try_send(span()).unwrap();
        until("exported again", || figures.read().exported == 4).await;
        // What waits when the server stops still goes.
        sender.try_send(span()).unwrap();
        stop.send(true).unwrap();
        running.await.unwrap();
        let spans = figures.read();
        assert_eq!((spans.exported, spans.refused, spans.dropped), (5, 3, 0));
    }

    #[tokio::test]
    async fn who_has_not_been_taking_anything_is_not_asked_again_at_the_end() {
        let (sender, receiver) = mpsc::channel(8);
        let figures = Arc::new(TraceFigures::default());
        let options = TraceOptions {
            endpoint: "https://collector.example/v1/traces".to_owned(),
            headers: Vec::new(),
            service_name: "gate".to_owned(),
            sample_ratio: 1.0,
        };
        let mut exporter = Exporter::new(&options, &Zeros, receiver, figures.clone());
        exporter.pace.linger = Duration::from_millis(1);
        let collector = Arc::new(Collector::default());
        *collector.down.lock().unwrap() = true;
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(exporter.run(collector.clone(), stopped));
        sender.try_send(span()).unwrap();
        until("refused", || figures.read().refused == 1).await;
        sender.try_send(span()).unwrap();
        stop.send(true).unwrap();
        running.await.unwrap();
        assert_eq!(collector.asked.lock().unwrap().len(), 1);
    }
}
