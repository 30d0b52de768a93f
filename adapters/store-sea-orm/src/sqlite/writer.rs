//! Hands turns out, carries work out, and ends batches.
//!
//! Work that was handed over is carried out by the committer, all that waits in a row. Units that
//! are held by their callers take turns between such rounds, whoever has waited longest first.
//!
//! Turns pass from unit to unit without the committer. It comes when nobody waits any more, when
//! the batch is old, when it is lost, or when a unit has held the turn past its deadline; the
//! time it takes to wake lets a few more units in, which makes batches larger under load.
//!
//! Where another process writes, the unit whose turn it is waits with the turn in its hand, and
//! without a thread. Each has the same patience from the moment at which it asked, so those who
//! wait behind it are turned away together with it rather than one after the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gatelodge_ports::StoreError;
use gatelodge_ports::store::{BatchFigures, Work};
use parking_lot::{Condvar, Mutex};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::batch::Batch;
use super::checkpoint::{self, Checkpoints};
use super::queue::{DEADLINE, Holder, Queue, Round};
use super::task::{self, Task};
use super::turn::Turn;
use crate::seal_log::SealLog;

/// How long a unit waits for another process that writes, from when it asked.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
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

    /// Has work carried out, in its turn, and waits until it is durable or undone.
    pub(super) async fn carry_out(&self, work: Work) -> Result<(), StoreError> {
        let (done, outcome) = oneshot::channel();
        self.hand_over(Task {
            work,
            done,
            asked: Instant::now(),
        })?;
        outcome.await.map_err(|_| closed())?
    }

    fn hand_over(&self, task: Task) -> Result<(), StoreError> {
        let mut queue = self.queue.lock();
        if queue.closing {
            return Err(closed());
        }
        queue.add(task);
        if matches!(queue.holder, Holder::Nobody) || !queue.watched {
            queue.watched = true;
            self.bell.notify_one();
        }
        Ok(())
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
                let is_wanted = queue.unsettled.is_some() || queue.are_tasks_next();
                if matches!(queue.holder, Holder::Nobody) && is_wanted {
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
        loop {
            match self.wait_for_chore() {
                Chore::Carry(round) => self.carry_round(round),
                Chore::Settle => self.settle(&mut log),
                Chore::Close => return,
            }
        }
    }

    /// Carries work out, one piece after the other.
    fn carry_round(self: &Arc<Self>, round: Round) {
        let mut tasks = round.tasks;
        let mut lost = false;
        for number in round.first_number.. {
            let Some((_, task)) = tasks.pop_front() else {
                break;
            };
            // Where the caller is gone, nothing has begun, and nothing does.
            if !task.done.is_closed() {
                if self.carry(number, task) == Carried::TurnedAway {
                    turn_away(&mut tasks);
                }
                lost = self.batch.lock().has_failed();
            }
            if lost || Instant::now() >= round.ends {
                break;
            }
        }
        self.queue.lock().end_round(tasks, lost);
        self.give_next();
    }

    fn carry(self: &Arc<Self>, number: u64, task: Task) -> Carried {
        let mut turn = Turn::new(Arc::clone(self), number);
        let (mut pause, longest) = PAUSES;
        loop {
            match turn.begin() {
                Ok(()) => {
                    task::carry(turn, task);
                    return Carried::Done;
                }
                Err(StoreError::Contended) if task.asked.elapsed() + pause < PATIENCE => {
                    std::thread::sleep(pause);
                    pause = longest.min(pause * 2);
                }
                Err(error) => {
                    let contended = matches!(error, StoreError::Contended);
                    // Whoever is gone hears nothing.
                    let _ = task.done.send(Err(error));
                    return if contended {
                        Carried::TurnedAway
                    } else {
                        Carried::Done
                    };
                }
            }
        }
    }

    /// Ends a batch.
    fn settle(self: &Arc<Self>, log: &mut SealLog) {
        let settled = self.batch.lock().settle();
        let finish = self.checkpoints.note(checkpoint::frames());
        if !finish {
            self.pass_on();
        }
        if !settled.members.is_empty() && settled.outcome.is_ok() {
            // The committer alone writes it, once for a whole batch.
            self.figures.lock().note(settled.members.len() as u64);
        }
        for member in settled.members {
            let verdict = match &settled.outcome {
                Ok(()) => Ok(()),
                Err(reason) => Err(StoreError::unavailable(reason.as_ref())),
            };
            // A member whose caller is gone hears nothing, and is durable all the same.
            let _ = member.send(verdict);
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

    /// The committer gives the connection back.
    fn pass_on(self: &Arc<Self>) {
        self.queue.lock().settled();
        self.give_next();
    }

    /// Takes the connection when there is work to carry out or a batch to end.
    fn wait_for_chore(&self) -> Chore {
        let mut queue = self.queue.lock();
        loop {
            let now = Instant::now();
            match queue.holder {
                Holder::Nobody if queue.is_free() && queue.are_tasks_next() => {
                    return Chore::Carry(queue.take_tasks());
                }
                Holder::Nobody if queue.unsettled.is_some() => match queue.gathering() {
                    Some(left) => {
                        self.bell.wait_for(&mut queue, left);
                    }
                    None => break,
                },
                Holder::Nobody if queue.closing => return Chore::Close,
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
        Chore::Settle
    }

    /// Gives no more turns; those who wait are turned away.
    pub(super) fn close(&self) {
        let mut queue = self.queue.lock();
        queue.closing = true;
        queue.turn_away();
        self.bell.notify_one();
    }
}

/// What became of a piece of work.
#[derive(PartialEq, Eq)]
enum Carried {
    /// It ran, or was told why not.
    Done,
    /// Another process wrote for longer than it could wait.
    TurnedAway,
}

/// Turns those away who have waited as long as they can, together with the one before them.
fn turn_away(tasks: &mut VecDeque<(u64, Task)>) {
    let (away, stay) = std::mem::take(tasks)
        .into_iter()
        .partition(|(_, task)| task.asked.elapsed() >= PATIENCE);
    *tasks = stay;
    let away: VecDeque<(u64, Task)> = away;
    for (_, task) in away {
        // Whoever is gone hears nothing.
        let _ = task.done.send(Err(StoreError::Contended));
    }
}

/// What the committer does next.
enum Chore {
    /// It carries work out.
    Carry(Round),
    /// It ends the batch.
    Settle,
    /// It is done.
    Close,
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}
