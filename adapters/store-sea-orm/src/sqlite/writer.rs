//! Hands turns out and ends batches.
//!
//! Turns pass from unit to unit without the committer. It comes when nobody waits any more, when
//! the batch is old, when it is lost, or when a unit has held the turn past its deadline; the
//! time it takes to wake lets a few more units in, which makes batches larger under load.
//!
//! Where another process writes, the unit whose turn it is waits with the turn in its hand, and
//! without a thread. Each has the same patience from the moment at which it asked, so those who
//! wait behind it are turned away together with it rather than one after the other.

use std::sync::Arc;
use std::time::Duration;

use gatelodge_ports::StoreError;
use gatelodge_ports::store::BatchFigures;
use parking_lot::{Condvar, Mutex};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::batch::Batch;
use super::checkpoint::{self, Checkpoints};
use super::queue::{DEADLINE, Holder, Queue};
use super::turn::Turn;
use crate::seal_log::SealLog;

/// How long a unit waits for another process that writes, from when it asked.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long at first and at most until it tries again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(16));

/// The writing side of the engine.
pub(super) struct Writer {
    queue: Mutex<Queue>,
    bell: Condvar,
    pub(super) batch: Mutex<Batch>,
    hint: Arc<Notify>,
    checkpoints: Arc<Checkpoints>,
    figures: Mutex<BatchFigures>,
}

impl Writer {
    pub(super) fn new(
        batch: Batch,
        oldest_batch: Duration,
        hint: Arc<Notify>,
        checkpoints: Arc<Checkpoints>,
    ) -> Self {
        Self {
            queue: Mutex::new(Queue::new(oldest_batch)),
            bell: Condvar::new(),
            batch: Mutex::new(batch),
            hint,
            checkpoints,
            figures: Mutex::default(),
        }
    }

    /// Waits for the turn and begins it.
    pub(super) async fn turn(self: &Arc<Self>) -> Result<Turn, StoreError> {
        let asked = Instant::now();
        let mut turn = match self.ask()? {
            Ok(turn) => turn,
            Err(promise) => promise.await.map_err(|_| closed())?,
        };
        let (mut pause, longest) = PAUSES;
        loop {
            match turn.begin() {
                Err(StoreError::Contended) if asked.elapsed() + pause < PATIENCE => {
                    tokio::time::sleep(pause).await;
                    pause = longest.min(pause * 2);
                }
                begun => return begun.map(|()| turn),
            }
        }
    }

    /// The turn, or the promise of it.
    fn ask(self: &Arc<Self>) -> Result<Result<Turn, oneshot::Receiver<Turn>>, StoreError> {
        let mut queue = self.queue.lock();
        if queue.closing {
            return Err(closed());
        }
        if queue.is_free() && !queue.is_awaited() {
            return Ok(Ok(Turn::new(Arc::clone(self), queue.give())));
        }
        let (sender, promise) = oneshot::channel();
        queue.wait(sender);
        if !queue.watched {
            queue.watched = true;
            self.bell.notify_one();
        }
        Ok(Err(promise))
    }

    /// Ends a unit's turn. `lost` when its batch must be ended before anybody else's turn.
    pub(super) fn pass(self: &Arc<Self>, number: u64, lost: bool) {
        let mut queue = self.queue.lock();
        if !queue.is_held_by(number) {
            return;
        }
        queue.holder = Holder::Nobody;
        queue.settle_first |= lost;
        drop(queue);
        self.give_next();
    }

    /// Gives a free turn to whoever has waited longest, or calls the committer.
    fn give_next(self: &Arc<Self>) {
        loop {
            let mut queue = self.queue.lock();
            let next = if queue.is_free() { queue.next() } else { None };
            let Some(next) = next else {
                if matches!(queue.holder, Holder::Nobody) && queue.unsettled.is_some() {
                    self.bell.notify_one();
                }
                return;
            };
            let turn = Turn::new(Arc::clone(self), queue.give());
            drop(queue);
            match next.send(turn) {
                Ok(()) => return,
                Err(turn) => {
                    // Its caller is gone; nothing was begun.
                    let number = turn.forget();
                    let mut queue = self.queue.lock();
                    if queue.is_held_by(number) {
                        queue.holder = Holder::Nobody;
                    }
                }
            }
        }
    }

    /// The batches that were made durable.
    pub(super) fn figures(&self) -> BatchFigures {
        *self.figures.lock()
    }

    /// The committer's life.
    pub(super) fn commit_batches(self: &Arc<Self>) {
        let mut log = SealLog::default();
        while self.wait_for_work() {
            let settled = self.batch.lock().settle();
            let finish = self.checkpoints.note(checkpoint::frames());
            if !finish {
                self.pass_on();
            }
            if !settled.members.is_empty() && settled.verdict.is_ok() {
                // The committer alone writes it, once for a whole batch.
                self.figures.lock().note(settled.members.len() as u64);
            }
            for member in settled.members {
                // A member whose caller is gone hears nothing, and is durable all the same.
                let _ = member.send(settled.verdict.clone());
            }
            if finish {
                let patience = self.checkpoints.patience();
                if let Err(reason) = self.batch.lock().finish_checkpoint(patience) {
                    tracing::warn!(%reason, "the log could not be finished");
                }
                self.pass_on();
            }
            if settled.announced {
                self.hint.notify_waiters();
            }
            if let Some(seal) = &settled.seal {
                log.note(seal, Instant::now());
            }
        }
    }

    /// The committer gives the connection back.
    fn pass_on(self: &Arc<Self>) {
        self.queue.lock().settled();
        self.give_next();
    }

    /// Takes the connection when there is a batch to end; false when the engine is closing.
    fn wait_for_work(&self) -> bool {
        let mut queue = self.queue.lock();
        loop {
            let now = Instant::now();
            match queue.holder {
                Holder::Nobody if queue.unsettled.is_some() => match queue.gathering() {
                    Some(left) => {
                        self.bell.wait_for(&mut queue, left);
                    }
                    None => break,
                },
                Holder::Nobody if queue.closing => return false,
                Holder::Unit(_, since) if now >= since + DEADLINE => break,
                Holder::Unit(_, since) => {
                    queue.watched = true;
                    let left = (since + DEADLINE).saturating_duration_since(now);
                    self.bell.wait_for(&mut queue, left);
                }
                Holder::Nobody | Holder::Committer => {
                    queue.watched = false;
                    self.bell.wait(&mut queue);
                }
            }
        }
        queue.holder = Holder::Committer;
        queue.watched = true;
        true
    }

    /// Gives no more turns; those who wait are turned away.
    pub(super) fn close(&self) {
        let mut queue = self.queue.lock();
        queue.closing = true;
        queue.turn_away();
        self.bell.notify_one();
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}
