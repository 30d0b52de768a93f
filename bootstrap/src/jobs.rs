//! Background loops of a running server. Each ends when it is told to, between two rounds; a
//! round that fails is logged and tried again at the next.

use core::time::Duration;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use gatelodge_http::delay::TokioDelay;
use gatelodge_ports::store::{Lease, PageRequest};
use gatelodge_usecases::foundation::Follower;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::mail::{Attempt, DeliverMail};
use gatelodge_usecases::realms::{ServedRealm, SweepRealms};
use gatelodge_usecases::recovery::AnswerRecovery;
use gatelodge_usecases::upkeep::{
    AnnounceNode, Announced, FlushRefusals, FlushTouches, FlushTraces, JobLease, SweepExpired,
};
use gatelodge_usecases::{Error, Failure, Foundation};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::rounds::ROUNDS;
use crate::stop::chain;

const KEYS: &str = "key_maintenance";
const SWEEP: &str = "sweep";
const MINUTE: Duration = Duration::from_mins(1);
/// A start belongs to the first requests: rounds that read or write much come a little later.
const UNHURRIED: Duration = Duration::from_secs(1);
/// By how much a lease is longer than a period, so that a holder that goes on keeps its job.
const LEASE_BEYOND: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(90);
/// How often a node looks for mail that another one posted or that waited; its own wakes it.
const MAIL_ROUND: Duration = Duration::from_secs(5);
/// How long a mail that is under way may take when the server stops.
const MAIL_PATIENCE: Duration = Duration::from_secs(5);
const REALMS: u16 = 100;
/// A clock that differs by more than this from the database's is worth a word: expiries written
/// by one node are compared by another.
const SKEW: Duration = Duration::from_secs(1);

/// Running loops.
pub(crate) struct Jobs {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    foundation: Arc<Foundation>,
    lease: Arc<JobLease>,
    node: Option<Arc<AnnounceNode>>,
}

/// Whether other nodes may serve from the same store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Neighbours {
    /// They may.
    Possible,
    /// A lock, or memory, keeps the store to this process.
    None,
}

impl Jobs {
    /// Starts every loop on the current runtime.
    pub(crate) fn start(
        foundation: &Arc<Foundation>,
        follower: Follower,
        keys: Arc<KeyMaintenance>,
        neighbours: Neighbours,
        sweep_period: Duration,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let lease = Arc::new(JobLease::new(foundation.clone()));
        let mut tasks = JoinSet::new();

        tasks.spawn(follow(follower, stopped.clone()));

        let node = match neighbours {
            Neighbours::Possible => Some(Arc::new(AnnounceNode::new(foundation.clone()))),
            Neighbours::None => None,
        };
        if let Some(node) = node.clone() {
            let seen = Arc::new(Mutex::new(None));
            let round = move || announce(node.clone(), seen.clone());
            let pace = (Duration::ZERO, AnnounceNode::PERIOD);
            tasks.spawn(every(pace, "nodes", stopped.clone(), round));
        }

        let house = foundation.clone();
        let holder = lease.clone();
        tasks.spawn(every(
            (UNHURRIED, MINUTE),
            "key maintenance",
            stopped.clone(),
            move || {
                let (house, holder, keys) = (house.clone(), holder.clone(), keys.clone());
                async move { maintain_keys(&house, &holder, &keys).await }
            },
        ));

        let house = foundation.clone();
        let holder = lease.clone();
        let pace = (UNHURRIED, sweep_period);
        tasks.spawn(every(pace, "sweep", stopped.clone(), move || {
            let (house, holder) = (house.clone(), holder.clone());
            let lease = sweep_period + LEASE_BEYOND;
            async move { sweep(&house, &holder, lease).await }
        }));

        if foundation.mail.is_open() {
            tasks.spawn(send_mail(foundation.clone(), stopped.clone()));
        }

        let refusals = Arc::new(FlushRefusals::new(foundation.clone()));
        let pace = (Duration::ZERO, Duration::from_secs(10));
        tasks.spawn(every(pace, "refusals", stopped.clone(), move || {
            let refusals = refusals.clone();
            async move { refusals.run().await }
        }));

        let traces = Arc::new(FlushTraces::new(foundation.clone()));
        let pace = (Duration::ZERO, Duration::from_secs(1));
        tasks.spawn(every(pace, "token traces", stopped.clone(), move || {
            let traces = traces.clone();
            async move { traces.run().await }
        }));

        let touches = Arc::new(FlushTouches::new(foundation.clone()));
        tasks.spawn(every(pace, "uses of sessions", stopped, move || {
            let touches = touches.clone();
            async move { touches.run().await }
        }));

        Self {
            tasks,
            stop,
            foundation: foundation.clone(),
            lease,
            node,
        }
    }

    /// Ends every loop after the round that it is at, writes what was only counted or kept for a
    /// moment, and gives leases back.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        if let Err(error) = FlushRefusals::new(self.foundation.clone()).finish().await {
            tracing::warn!("repeated refusals were not written: {}", chain(&error));
        }
        if let Err(error) = FlushTraces::new(self.foundation.clone()).run().await {
            tracing::warn!("token traces were not written: {}", chain(&error));
        }
        if let Err(error) = FlushTouches::new(self.foundation.clone()).run().await {
            tracing::warn!("uses of sessions were not written: {}", chain(&error));
        }
        if let Some(node) = &self.node
            && let Err(error) = node.leave().await
        {
            tracing::warn!("the other nodes were not told: {}", chain(&error));
        }
        for job in [KEYS, SWEEP] {
            if let Err(error) = self.lease.release(job).await {
                tracing::warn!(job, "a lease was not given back: {}", chain(&error));
            }
        }
    }
}

/// Runs a round after that delay and then in that period, until told to stop.
async fn every<F, R>(
    (delay, period): (Duration, Duration),
    name: &'static str,
    mut stopped: watch::Receiver<bool>,
    mut round: F,
) where
    F: FnMut() -> R + Send,
    R: Future<Output = Result<(), Failure>> + Send,
{
    let mut ticks = interval_at(Instant::now() + delay, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = ticks.tick() => {}
        }
        let result = round().await;
        ROUNDS.note(name, &result);
        if let Err(error) = result {
            tracing::warn!(job = name, "{}", chain(&error));
        }
    }
}

/// Reads the change feed whenever it may have something.
async fn follow(follower: Follower, mut stopped: watch::Receiver<bool>) {
    let mut failing = false;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = follower.wait() => {}
        }
        let polled = follower.poll().await;
        ROUNDS.note("change feed", &polled);
        match polled {
            Ok(()) if failing => {
                failing = false;
                tracing::info!("the change feed is read again");
            }
            // Said once: it comes four times a second.
            Err(error) if !failing => {
                failing = true;
                tracing::warn!("the change feed cannot be read: {}", chain(&error));
            }
            Ok(()) | Err(_) => {}
        }
    }
}

/// Answers requests for links and sends mail, as soon as this node posts any and now and then
/// for what others posted and for what waits for its next try. Every node does it: taking a
/// message hides it from the others.
async fn send_mail(foundation: Arc<Foundation>, mut stopped: watch::Receiver<bool>) {
    let requests = AnswerRecovery::new(foundation.clone(), Arc::new(TokioDelay));
    let mails = DeliverMail::new(foundation.clone());
    let mut ticks = interval_at(Instant::now() + UNHURRIED, MAIL_ROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = foundation.mail.rung() => {}
            _ = ticks.tick() => {}
        }
        let round = async {
            while !*stopped.borrow() && requests.once().await? {}
            while !*stopped.borrow() && goes_on(&mails.once().await?) {}
            Ok::<(), Failure>(())
        };
        tokio::select! {
            done = round => {
                ROUNDS.note("mail", &done);
                if let Err(error) = done {
                    tracing::warn!(job = "mail", "{}", chain(&error));
                }
            }
            // A server that says nothing must not keep us from ending; the mail comes again.
            () = told_long_ago(stopped.clone()) => return,
        }
    }
}

/// Returns a little after we were told to stop.
async fn told_long_ago(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
    tokio::time::sleep(MAIL_PATIENCE).await;
}

/// Says what went wrong, without saying whose mail it was; true where the next one can be sent.
fn goes_on(attempt: &Attempt) -> bool {
    match *attempt {
        Attempt::Nothing => false,
        Attempt::Sent | Attempt::Dropped => true,
        Attempt::Postponed {
            what,
            code,
            attempts,
        } => {
            tracing::warn!(what, code, attempts, "a mail could not be sent yet");
            // A server that does not answer is not asked again for every mail that waits.
            matches!(what, "refused" | "address")
        }
        Attempt::GivenUp {
            what,
            code,
            attempts,
        } => {
            tracing::error!(what, code, attempts, "a mail was given up");
            true
        }
    }
}

/// Announces this node, and says what is new about the others and about the clock.
async fn announce(
    node: Arc<AnnounceNode>,
    seen: Arc<Mutex<Option<Announced>>>,
) -> Result<(), Failure> {
    let found = node.run().await?;
    let before = seen
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(found);
    if before.is_none_or(|before| before.nodes != found.nodes) {
        tracing::info!(nodes = found.nodes, "live nodes");
    }
    if found.skew > SKEW && before.is_none_or(|before| before.skew <= SKEW) {
        tracing::warn!(
            skew_ms = found.skew.as_millis(),
            "this node's clock differs from the database's; keep the clocks of all within a second"
        );
    }
    Ok(())
}

async fn maintain_keys(
    foundation: &Foundation,
    lease: &JobLease,
    keys: &KeyMaintenance,
) -> Result<(), Failure> {
    if lease.take(KEYS, LEASE).await? == Lease::Taken {
        return Ok(());
    }
    let mut page = PageRequest::first(REALMS);
    loop {
        let listed = foundation.store.read().await?.realms().list(page).await?;
        let last = listed.items.last().map(|realm| realm.id);
        for realm in listed.items {
            if !realm.serves() {
                continue;
            }
            let served = ServedRealm::new(realm, &foundation.issuers);
            match keys.run(&served).await {
                Ok(()) => {}
                Err(Error::Failed(failure)) => return Err(failure),
                Err(Error::Denied(denial)) => return Err(Failure::broken(denial.to_string())),
            }
        }
        match last {
            Some(last) if listed.more => page = PageRequest::after(last, REALMS),
            _ => return Ok(()),
        }
    }
}

async fn sweep(
    foundation: &Arc<Foundation>,
    lease: &JobLease,
    until: Duration,
) -> Result<(), Failure> {
    foundation
        .revocations
        .forget_expired(foundation.clock.now());
    if lease.take(SWEEP, until).await? == Lease::Taken {
        return Ok(());
    }
    SweepExpired::new(foundation.clone()).run().await?;
    SweepRealms::new(foundation.clone()).run().await?;
    Ok(())
}
