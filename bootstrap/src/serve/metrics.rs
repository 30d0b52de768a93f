//! The page of figures: what the house, its store and its hasher count, in families whose names
//! stay. The dashboard and the alerts in `deploy/` use these names, and a test compares them.

use std::sync::Arc;

use gatelodge_http::trouble::{TROUBLES, Trouble};
use gatelodge_ports::store::{BATCH_SIZES, BatchFigures, StoreFigures};
use gatelodge_telemetry::traces::TraceFigures;
use gatelodge_telemetry::{Exposition, Kind, Reading, Requests};
use gatelodge_usecases::Foundation;

use super::process;
use crate::rounds::ROUNDS;

/// What the page is made from.
pub(super) struct Figures {
    pub(super) foundation: Arc<Foundation>,
    pub(super) requests: Vec<Arc<Requests>>,
    pub(super) traces: Option<Arc<TraceFigures>>,
}

impl Figures {
    /// The page as of now.
    pub(super) fn page(&self) -> String {
        let mut page = Exposition::new();
        page.family(
            "gatelodge_build_info",
            Kind::Gauge,
            "The release, as a label.",
        );
        page.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        Requests::write(&self.requests, &mut page);
        self.people(&mut page);
        self.hashing(&mut page);
        self.caches(&mut page);
        store(&mut page, self.foundation.store.figures());
        self.neighbours(&mut page);
        self.upkeep(&mut page);
        self.sinks(&mut page);
        jobs(&mut page);
        TraceFigures::write(self.traces.as_deref(), &mut page);
        process::write(&mut page);
        page.into_text()
    }

    fn people(&self, page: &mut Exposition) {
        let figures = &self.foundation.figures;
        page.family(
            "gatelodge_password_tries_total",
            Kind::Counter,
            "Tries of passwords by outcome: proven, refused, throttled, failed.",
        );
        for (outcome, count) in figures.passwords.by_outcome() {
            page.sample(&[("outcome", outcome)], count);
        }
        page.family(
            "gatelodge_factor_tries_total",
            Kind::Counter,
            "Tries of second factors by what was typed (code, recovery_code) and outcome: proven, \
             refused, throttled, over, failed.",
        );
        for (kind, outcome, count) in figures.factors.by_kind_and_outcome() {
            page.sample(&[("kind", kind), ("outcome", outcome)], count);
        }
        page.single(
            "gatelodge_sessions_started_total",
            Kind::Counter,
            "Sessions that began in browsers, every factor proven.",
            figures.sessions.get(),
        );
    }

    fn hashing(&self, page: &mut Exposition) {
        let hasher = &self.foundation.hasher;
        page.single(
            "gatelodge_hash_jobs_total",
            Kind::Counter,
            "Password hashes that were computed.",
            hasher.jobs(),
        );
        page.single(
            "gatelodge_hash_queue_length",
            Kind::Gauge,
            "Password hashes that wait for a thread.",
            hasher.waiting(),
        );
    }

    fn caches(&self, page: &mut Exposition) {
        page.family(
            "gatelodge_cache_lookups_total",
            Kind::Counter,
            "Look-ups by cache and by whether it had what was asked for.",
        );
        let foundation = &self.foundation;
        let rings = [foundation.key_rings.figures()];
        for cache in foundation.directory.figures().into_iter().chain(rings) {
            page.sample(&[("cache", cache.name), ("result", "hit")], cache.hits);
            page.sample(&[("cache", cache.name), ("result", "miss")], cache.misses);
        }
    }

    fn upkeep(&self, page: &mut Exposition) {
        let figures = &self.foundation.figures;
        page.family(
            "gatelodge_expired_rows_removed_total",
            Kind::Counter,
            "Rows whose time was over, removed by this node; `events` are those of the audit trail.",
        );
        for (kind, count) in figures.removed.by_kind() {
            page.sample(&[("kind", kind)], count);
        }
        let events = figures.events_removed.get();
        page.sample(&[("kind", "events")], events);
        page.family(
            "gatelodge_mails_total",
            Kind::Counter,
            "Attempts to send mail by outcome: sent, postponed, given_up.",
        );
        let mails = self.foundation.mail.figures();
        page.sample(&[("outcome", "sent")], mails.sent);
        page.sample(&[("outcome", "postponed")], mails.postponed);
        page.sample(&[("outcome", "given_up")], mails.given_up);
    }

    /// Sinks that this node feeds, or tried to; another node's show no lag here.
    fn sinks(&self, page: &mut Exposition) {
        let foundation = &self.foundation;
        let sinks = foundation.figures.sinks.all();
        page.family(
            "gatelodge_audit_sink_records_total",
            Kind::Counter,
            "Records that this node delivered to a sink of the audit trail.",
        );
        for sink in &sinks {
            page.sample(&[("sink", sink.name)], sink.delivered);
        }
        page.family(
            "gatelodge_audit_sink_failures_total",
            Kind::Counter,
            "Rounds of this node in which a sink of the audit trail did not take it.",
        );
        for sink in &sinks {
            page.sample(&[("sink", sink.name)], sink.failures);
        }
        page.family(
            "gatelodge_audit_sink_lag_events",
            Kind::Gauge,
            "Sealed events that a sink has not got, at the node that feeds it.",
        );
        for sink in &sinks {
            if let Some(lag) = sink.lag {
                page.sample(&[("sink", sink.name)], lag.events);
            }
        }
        page.family(
            "gatelodge_audit_sink_cursor_age_seconds",
            Kind::Gauge,
            "Time since a sink last had everything, at the node that feeds it; 0 while it has.",
        );
        let now = foundation.clock.now();
        for sink in &sinks {
            if let Some(lag) = sink.lag {
                let age = lag.since.map(|since| now.since(since));
                page.sample(
                    &[("sink", sink.name)],
                    age.unwrap_or_default().as_secs_f64(),
                );
            }
        }
    }

    fn neighbours(&self, page: &mut Exposition) {
        let foundation = &self.foundation;
        page.family(
            "gatelodge_change_feed_age_seconds",
            Kind::Gauge,
            "Time since the feed of changes was last read; beyond two, the store is asked instead.",
        );
        if let Some(age) = foundation.revocations.age(foundation.clock.now()) {
            page.sample(&[], age.as_secs_f64());
        }
        page.single(
            "gatelodge_live_nodes",
            Kind::Gauge,
            "Nodes that serve from the same store, as this one sees them.",
            foundation.nodes.live(),
        );
    }
}

fn store(page: &mut Exposition, figures: StoreFigures) {
    if let Some(batches) = figures.batches {
        page.family(
            "gatelodge_store_batch_units",
            Kind::Histogram,
            "Units of work that one commit of the embedded database made durable.",
        );
        page.histogram(&[], &reading(&batches));
    }
    if let Some(connections) = figures.connections {
        page.family(
            "gatelodge_store_connections",
            Kind::Gauge,
            "Connections to PostgreSQL by state.",
        );
        let used = connections.open.saturating_sub(connections.idle);
        page.sample(&[("state", "used")], used);
        page.sample(&[("state", "idle")], connections.idle);
        page.single(
            "gatelodge_store_connections_max",
            Kind::Gauge,
            "Most connections to PostgreSQL.",
            connections.most,
        );
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a reading is for a chart, and 2^53 units do not happen"
)]
fn reading(batches: &BatchFigures) -> Reading {
    let counted = BATCH_SIZES.iter().zip(batches.by_size);
    Reading {
        buckets: counted.map(|(size, count)| (*size as f64, count)).collect(),
        beyond: batches.larger,
        sum: batches.units as f64,
    }
}

fn jobs(page: &mut Exposition) {
    page.family(
        "gatelodge_job_rounds_total",
        Kind::Counter,
        "Rounds of background loops by outcome.",
    );
    for (job, done) in ROUNDS.all() {
        page.sample(&[("name", job), ("outcome", "ok")], done.well);
        page.sample(&[("name", job), ("outcome", "failed")], done.failed);
    }
    page.family(
        "gatelodge_trouble",
        Kind::Gauge,
        "Whether requests are being turned away, or kept waiting, for this reason.",
    );
    let present = TROUBLES.present();
    for trouble in Trouble::ALL {
        let goes_on = u8::from(present.contains(&trouble));
        page.sample(&[("reason", reason(trouble))], goes_on);
    }
}

const fn reason(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Crowded => "crowded",
        Trouble::HashingFull => "hashing_full",
        Trouble::StorageBusy => "storage_busy",
        Trouble::StorageFails => "storage_fails",
        Trouble::TooSlow => "too_slow",
        Trouble::ConnectionsTaken => "connections_taken",
    }
}
