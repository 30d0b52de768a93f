//! What happens to the audit trail in the background: each sink is fed by a loop of its own, so
//! that one that fails holds up no other, and the beginning of the trail is given up when it is
//! old enough. One node does each of these for all.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_audit_sinks::{FileSink, SyslogSink, WebhookSink};
use gatelodge_crypto::OpensslHmac;
use gatelodge_domain::Timestamp;
use gatelodge_domain::audit::AuditActor;
use gatelodge_egress::UreqEgress;
use gatelodge_http::admin::{event_line, seal_line};
use gatelodge_http::time::to_text;
use gatelodge_ports::AuditSink;
use gatelodge_ports::store::Lease;
use gatelodge_usecases::Failure;
use gatelodge_usecases::audit::{Fed, FeedSink, RemoveOldEvents, Removed, SinkForm};
use gatelodge_usecases::upkeep::JobLease;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::house::House;
use crate::rounds::ROUNDS;
use crate::settings::Settings;
use crate::stop::chain;

const RETENTION: &str = "audit_retention";
/// What rounds of every sink are counted as.
const SINKS: &str = "audit sinks";
/// A start belongs to the first requests.
const UNHURRIED: Duration = Duration::from_secs(2);
/// Between two rounds where one could not look at everything.
const SOON: Duration = Duration::from_millis(200);
/// How often a sink that has everything is looked after.
const LOOK: Duration = Duration::from_millis(500);
/// How long a node feeds a sink without asking for the lease again, and how long the lease is: it
/// outlasts that time and a delivery that was begun at its end, so that two nodes never feed one
/// sink.
const HELD: Duration = Duration::from_secs(5);
const LEASE: Duration = Duration::from_secs(25);
/// How often another node asks whether the one that feeds a sink is still there.
const TAKEN: Duration = Duration::from_secs(2);
/// How long a sink that failed is left alone: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// How long a delivery may go on after the server was told to stop.
const PARTING: Duration = Duration::from_secs(3);

/// How sinks see the trail: as the admin API shows it.
const FORM: SinkForm = SinkForm {
    event: event_line,
    seal: seal_line,
    time: to_text,
};

/// The running loops.
pub(crate) struct TrailJobs {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    lease: Arc<JobLease>,
    leased: Vec<String>,
}

impl TrailJobs {
    /// Starts a loop for each sink that is configured or was brought, and one for retention.
    pub(crate) fn start(settings: &Settings, house: &House) -> Self {
        let foundation = &house.foundation;
        let (stop, stopped) = watch::channel(false);
        let lease = Arc::new(JobLease::new(foundation.clone()));
        let mut tasks = JoinSet::new();
        let mut leased = Vec::new();
        for sink in sinks(settings, house) {
            let feed = FeedSink::new(foundation.clone(), sink, settings.audit.personal, FORM);
            let job = format!("audit_sink/{}", feed.name());
            tracing::info!(sink = feed.name(), "the audit trail is copied");
            leased.push(job.clone());
            let feeding = Feeding {
                feed,
                job,
                lease: lease.clone(),
                held_until: Instant::now(),
                wait: LOOK,
                failed: false,
            };
            tasks.spawn(feeding.run(stopped.clone()));
        }
        if let Some(kept) = settings.audit.retention {
            leased.push(RETENTION.to_owned());
            let old = RemoveOldEvents::new(foundation.clone(), AuditActor::System);
            let period = settings.sweep_period;
            let clock = foundation.clock.clone();
            let before = move || clock.now().minus(kept);
            tasks.spawn(retain(old, before, (lease.clone(), period), stopped));
        }
        Self {
            tasks,
            stop,
            lease,
            leased,
        }
    }

    /// Ends every loop after the delivery that it is at, and gives leases back.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        for job in &self.leased {
            if let Err(error) = self.lease.release(job).await {
                tracing::warn!(job, "a lease was not given back: {}", chain(&error));
            }
        }
    }
}

fn sinks(settings: &Settings, house: &House) -> Vec<Arc<dyn AuditSink>> {
    let audit = &settings.audit;
    let mut sinks = house.audit_sinks.clone();
    if let Some(path) = &audit.file {
        sinks.push(FileSink::new(path));
    }
    if let Some(address) = &audit.syslog {
        sinks.push(SyslogSink::new(address.clone(), host_name().as_deref()));
    }
    if let Some(webhook) = &audit.webhook {
        sinks.push(WebhookSink::new(
            webhook.url.clone(),
            webhook.key.clone(),
            UreqEgress::new(webhook.allowed.clone()),
            Arc::new(OpensslHmac),
            house.foundation.clock.clone(),
        ));
    }
    sinks
}

/// This machine's name, as the kernel has it: a hardened unit sees no file of it in /proc.
fn host_name() -> Option<String> {
    hostname::get().ok()?.into_string().ok()
}

/// One sink and how it is doing.
struct Feeding {
    feed: FeedSink,
    job: String,
    lease: Arc<JobLease>,
    held_until: Instant,
    wait: Duration,
    failed: bool,
}

impl Feeding {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                () = sleep(self.wait) => {}
            }
            let mut parting = stopped.clone();
            let part = async {
                let _ = parting.wait_for(|stop| *stop).await;
                sleep(PARTING).await;
            };
            tokio::select! {
                () = self.round() => {}
                // What the sink has not taken comes again at the next start.
                () = part => return,
            }
        }
    }

    async fn round(&mut self) {
        match self.is_ours().await {
            Ok(true) => {}
            Ok(false) => {
                self.feed.rest();
                self.wait = TAKEN;
                return;
            }
            Err(error) => return self.fail(&error),
        }
        let fed = self.feed.round().await;
        ROUNDS.note(SINKS, &fed);
        match fed {
            Ok(fed) => {
                self.wait = match fed {
                    Fed::More => Duration::ZERO,
                    Fed::CaughtUp | Fed::Nothing => LOOK,
                };
                // Where there was nothing to deliver, nothing is known of the sink.
                if self.failed && fed != Fed::Nothing {
                    self.failed = false;
                    tracing::info!(sink = self.feed.name(), "the sink takes the trail again");
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    async fn is_ours(&mut self) -> Result<bool, Failure> {
        if Instant::now() < self.held_until {
            return Ok(true);
        }
        let lease = self.lease.take(&self.job, LEASE).await?;
        self.held_until = Instant::now() + HELD;
        if lease == Lease::Taken {
            self.held_until = Instant::now();
        }
        Ok(lease == Lease::Held)
    }

    /// Leaves the sink alone for a while, longer each time; says so once.
    fn fail(&mut self, error: &(dyn std::error::Error + 'static)) {
        let (first, longest) = AGAIN;
        self.wait = if self.failed {
            (self.wait * 2).clamp(first, longest)
        } else {
            first
        };
        if !self.failed {
            self.failed = true;
            let (sink, why) = (self.feed.name(), chain(error));
            tracing::warn!(sink, "the sink did not take the trail; trying on: {why}");
        }
    }
}

async fn retain(
    old: RemoveOldEvents,
    before: impl Fn() -> Timestamp + Send,
    (lease, period): (Arc<JobLease>, Duration),
    mut stopped: watch::Receiver<bool>,
) {
    let mut wait = UNHURRIED;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = sleep(wait) => {}
        }
        wait = period;
        let round = async {
            match lease.take(RETENTION, period + LEASE).await? {
                Lease::Taken => Ok(Removed::default()),
                Lease::Held => old.run(before()).await,
            }
        };
        let removed = round.await;
        ROUNDS.note("audit retention", &removed);
        match removed {
            Ok(Removed { events, more }) => {
                if more {
                    wait = SOON;
                }
                if events > 0 {
                    tracing::info!(events, "events were removed under retention");
                }
            }
            Err(error) => tracing::warn!(job = RETENTION, "{}", chain(&error)),
        }
    }
}
