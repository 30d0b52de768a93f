//! From spans of `tracing` to records with ids, put into the queue when their time is over.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use gatelodge_ports::Rng;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::export::TraceFigures;
use super::ids::{SpanId, TraceId};
use super::parent::Parent;
use super::sampling::Sampler;
use super::span::{Span, SpanKind, Value};
use super::{CONTINUED, ROOT, TARGET};

/// A longer text is no word of ours.
const LONGEST: usize = 256;

/// Makes spans of what adapters say. To be put on the process's subscriber.
pub struct SpanLayer {
    sampler: Sampler,
    rng: Arc<dyn Rng>,
    queue: mpsc::Sender<Span>,
    figures: Arc<TraceFigures>,
}

/// Which of `tracing`'s spans are ours, and wanted.
struct Wanted(Sampler);

/// Ends of a span are told from its beginning by how long it took: a clock that is set in between
/// makes no span longer, or negative.
struct Open {
    span: Span,
    since: Instant,
}

impl SpanLayer {
    pub(super) fn new(
        sampler: Sampler,
        rng: Arc<dyn Rng>,
        queue: mpsc::Sender<Span>,
        figures: Arc<TraceFigures>,
    ) -> Self {
        Self {
            sampler,
            rng,
            queue,
            figures,
        }
    }

    /// With the filter that decides which traces are kept.
    pub fn filtered<S>(self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let Self {
            sampler,
            rng,
            queue,
            figures,
        } = self;
        Collect {
            rng,
            queue,
            figures,
        }
        .with_filter(Wanted(sampler))
    }
}

impl<S> Filter<S> for Wanted
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        match metadata.target() {
            TARGET => context.lookup_current().is_some(),
            ROOT => context.lookup_current().is_some() || self.0.keeps(),
            CONTINUED => true,
            _ => false,
        }
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let ours = [TARGET, ROOT, CONTINUED].contains(&metadata.target());
        if ours && metadata.is_span() {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }
}

struct Collect {
    rng: Arc<dyn Rng>,
    queue: mpsc::Sender<Span>,
    figures: Arc<TraceFigures>,
}

impl<S> Layer<S> for Collect
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(place) = context.span(id) else {
            return;
        };
        let metadata = attributes.metadata();
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        // The nearest of ours that was entered: spans of the log may lie in between.
        let parent = if attributes.is_contextual() {
            context.lookup_current()
        } else {
            attributes.parent().and_then(|id| context.span(id))
        };
        let above = parent.and_then(|parent| {
            let extensions = parent.extensions();
            let open = extensions.get::<Open>()?;
            Some((open.span.trace, open.span.id))
        });
        let caller = fields.parent.map(|parent| (parent.trace, parent.span));
        let (trace, parent) = match caller.or(above) {
            Some((trace, parent)) => (trace, Some(parent)),
            None => (TraceId::random(&*self.rng), None),
        };
        let mut span = Span {
            trace,
            id: SpanId::random(&*self.rng),
            parent,
            is_continued: caller.is_some(),
            name: Cow::Borrowed(metadata.name()),
            kind: SpanKind::Internal,
            began: time_of_day(),
            ended: 0,
            attributes: Vec::new(),
            failed: false,
        };
        fields.become_part_of(&mut span);
        place.extensions_mut().insert(Open {
            span,
            since: Instant::now(),
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(place) = context.span(id) else {
            return;
        };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(open) = place.extensions_mut().get_mut::<Open>() {
            fields.become_part_of(&mut open.span);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let open = context
            .span(&id)
            .and_then(|place| place.extensions_mut().remove::<Open>());
        let Some(Open { mut span, since }) = open else {
            return;
        };
        let took = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        span.ended = span.began.saturating_add(took);
        if self.queue.try_send(span).is_err() {
            self.figures.drop_one();
        }
    }
}

/// What a call site says.
#[derive(Default)]
struct Fields {
    name: Option<String>,
    kind: Option<SpanKind>,
    failed: bool,
    parent: Option<Parent>,
    attributes: Vec<(&'static str, Value)>,
}

impl Fields {
    fn become_part_of(self, span: &mut Span) {
        if let Some(name) = self.name {
            span.name = Cow::Owned(name);
        }
        if let Some(kind) = self.kind {
            span.kind = kind;
        }
        span.failed |= self.failed;
        span.attributes.extend(self.attributes);
    }

    fn add(&mut self, field: &Field, value: Value) {
        self.attributes.push((field.name(), value));
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::Number(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::Whole(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Value::Whole(value.cast_signed()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::Switch(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "otel.name" => self.name = Some(shortened(value)),
            "otel.kind" => {
                self.kind = match value {
                    "server" => Some(SpanKind::Server),
                    "client" => Some(SpanKind::Client),
                    _ => Some(SpanKind::Internal),
                }
            }
            "otel.status_code" => self.failed = value == "ERROR",
            "trace.parent" => self.parent = Parent::parse(value),
            _ => self.add(field, Value::Text(shortened(value))),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn core::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a collector lays spans of many programs side by side: it wants the machine's time of \
              day to the microsecond, which the Clock port neither tells nor need tell"
)]
fn time_of_day() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since_epoch.unwrap_or_default().as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, PoisonError};

    use tracing::trace_span;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::traces::{AnsweredRequest, begin_request, end_request};

    /// Counts up.
    #[derive(Default)]
    struct Counting(AtomicU64);

    impl Rng for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            let next = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            buffer.fill(0);
            let end = buffer.len();
            buffer[end - 8..].copy_from_slice(&next.to_be_bytes());
        }
    }

    /// Held by whoever makes a subscriber: which spans are of interest to anybody is kept once for
    /// the whole process.
    static ALONE: Mutex<()> = Mutex::new(());

    /// What comes out of what is done under a layer of that ratio.
    fn collected(ratio: f64, places: usize, work: impl FnOnce()) -> (Vec<Span>, u64) {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, mut receiver) = mpsc::channel(places);
        let figures = Arc::new(TraceFigures::default());
        let rng: Arc<dyn Rng> = Arc::new(Counting::default());
        let layer = SpanLayer::new(Sampler::new(ratio), rng, sender, figures.clone());
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::sink)
            .with_filter(tracing_subscriber::filter::LevelFilter::INFO);
        let subscriber = tracing_subscriber::registry()
            .with(lines)
            .with(layer.filtered());
        tracing::subscriber::with_default(subscriber, work);
        let mut spans = Vec::new();
        while let Ok(span) = receiver.try_recv() {
            spans.push(span);
        }
        (spans, figures.read().dropped)
    }

    fn request(parent: Option<Parent>) {
        let span = begin_request("auth", "r1", parent);
        // A span of the log, as one lies around or between.
        let line = tracing::info_span!("request", id = "r1");
        span.in_scope(|| {
            line.in_scope(|| {
                let wait = trace_span!(target: TARGET, "storage wait", db.system.name = "sqlite");
                drop(wait);
                tracing::info!("a line of the log is no part of a trace");
            });
        });
        let answered = AnsweredRequest {
            method: "POST",
            route: Some("/oauth2/token"),
            realm: Some("default"),
            status: 503,
        };
        end_request(&span, &answered);
    }

    #[test]
    fn a_request_is_a_root_and_what_it_waits_for_hangs_below() {
        let (spans, dropped) = collected(1.0, 10, || request(None));
        assert_eq!(dropped, 0);
        let [wait, root] = spans.as_slice() else {
            panic!("{spans:?}");
        };
        assert_eq!(wait.name, "storage wait");
        assert_eq!(wait.parent, Some(root.id));
        assert_eq!(wait.trace, root.trace);
        assert_eq!(root.name, "POST /oauth2/token");
        assert_eq!(root.kind, SpanKind::Server);
        assert_eq!(root.parent, None);
        assert!(root.failed && !wait.failed);
        assert!(root.began <= wait.began && wait.ended <= root.ended);
        let text = |text: &str| Value::Text(text.to_owned());
        let expected = [
            ("gatelodge.listener", text("auth")),
            ("gatelodge.request_id", text("r1")),
            ("http.request.method", text("POST")),
            ("http.response.status_code", Value::Whole(503)),
            ("http.route", text("/oauth2/token")),
            ("gatelodge.realm", text("default")),
        ];
        assert_eq!(root.attributes, expected);
    }

    #[test]
    fn a_callers_trace_goes_on_and_one_that_it_does_not_keep_is_not_kept_here() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let caller = Parent::parse(text).unwrap();
        let (spans, _) = collected(0.0, 10, || request(Some(caller)));
        assert_eq!(spans.len(), 2);
        assert!(spans.iter().all(|span| span.trace == caller.trace));
        assert_eq!(spans[1].parent, Some(caller.span));
        assert!(spans[1].is_continued && !spans[0].is_continued);
        let other = Parent::parse(&text.replace("-01", "-00"));
        let (spans, _) = collected(1.0, 10, || request(other));
        assert_eq!(spans, []);
    }

    #[test]
    fn parts_without_a_whole_and_traces_that_are_not_drawn_make_nothing() {
        let (spans, _) = collected(1.0, 10, || {
            drop(trace_span!(target: TARGET, "storage wait"));
        });
        assert_eq!(spans, []);
        let (spans, _) = collected(0.0, 10, || request(None));
        assert_eq!(spans, []);
        let (spans, _) = collected(0.5, 1_000, || (0..100).for_each(|_| request(None)));
        assert!((98..=102).contains(&spans.len()), "half, two spans each");
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let (spans, dropped) = collected(1.0, 3, || (0..4).for_each(|_| request(None)));
        assert_eq!((spans.len(), dropped), (3, 5));
    }

    #[test]
    fn without_the_layer_no_span_is_made() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::sink)
            .with_filter(tracing_subscriber::filter::LevelFilter::INFO);
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, || {
            assert!(begin_request("auth", "r1", None).is_disabled());
            assert!(trace_span!(target: TARGET, "storage wait").is_disabled());
        });
    }
}
