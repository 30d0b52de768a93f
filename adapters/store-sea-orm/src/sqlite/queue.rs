//! Whose turn it is.
//!
//! Plain state behind one short lock; nobody touches the database under it.

use std::collections::VecDeque;
use std::thread::{self, ThreadId};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::task::Task;
use super::turn::Turn;

/// How long a unit may hold the turn.
pub(super) const DEADLINE: Duration = Duration::from_secs(2);
/// A batch is ended before the next turn once it is this old, so that a steady stream of units
/// cannot keep the first one waiting.
pub(super) const OLDEST_BATCH: Duration = Duration::from_millis(10);

/// How long the committer lets a batch grow that is smaller than the one before it.
const GATHERING: Duration = Duration::from_micros(400);

/// Who holds the connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder {
    /// Nobody.
    Nobody,
    /// The unit with this number, since then.
    Unit(u64, Instant),
    /// The thread that ends batches.
    Committer,
}

/// Somebody who waits for the turn.
struct Waiter {
    /// Whoever came before has a smaller one.
    place: u64,
    /// The thread on which they asked, and on which they will most likely go on.
    thread: ThreadId,
    promise: oneshot::Sender<Turn>,
}

/// Work that the committer does in a row.
pub(super) struct Round {
    /// The number of the first turn in it; those of the others follow.
    pub(super) first_number: u64,
    /// Each with its place in the queue.
    pub(super) tasks: VecDeque<(u64, Task)>,
    /// When the batch is so old that the rest has to wait for the next one.
    pub(super) ends: Instant,
}

/// Who holds the turn, and who waits for it.
pub(super) struct Queue {
    pub(super) holder: Holder,
    /// Since when turns have been given that no COMMIT has followed.
    pub(super) unsettled: Option<Instant>,
    /// The batch is lost or a turn was taken away: end it before the next turn.
    pub(super) settle_first: bool,
    /// The committer looks at deadlines.
    pub(super) watched: bool,
    pub(super) closing: bool,
    waiting: VecDeque<Waiter>,
    /// Work for the committer, each with its place.
    tasks: VecDeque<(u64, Task)>,
    last_place: u64,
    oldest_batch: Duration,
    last_number: u64,
    /// Turns in this batch, and in the one before it.
    turns: usize,
    turns_before: usize,
}

impl Queue {
    /// Batches get that old at most.
    pub(super) fn new(oldest_batch: Duration) -> Self {
        Self {
            oldest_batch,
            holder: Holder::Nobody,
            unsettled: None,
            settle_first: false,
            watched: false,
            closing: false,
            waiting: VecDeque::new(),
            tasks: VecDeque::new(),
            last_place: 0,
            last_number: 0,
            turns: 0,
            turns_before: 0,
        }
    }

    /// Whether a unit may have the turn at once.
    pub(super) fn is_free(&self) -> bool {
        matches!(self.holder, Holder::Nobody) && !self.settle_first && !self.is_old()
    }

    /// Whether somebody waits, or work does.
    pub(super) fn is_awaited(&self) -> bool {
        !self.waiting.is_empty() || !self.tasks.is_empty()
    }

    /// Adds somebody who waits on this thread.
    pub(super) fn wait(&mut self, promise: oneshot::Sender<Turn>) {
        let place = self.new_place();
        self.waiting.push_back(Waiter {
            place,
            thread: thread::current().id(),
            promise,
        });
    }

    /// Who gets a free turn: whoever has waited longest, but within a batch one of this thread
    /// before any other. Waking another thread takes as long as a unit's statements; so each
    /// thread does its own units in a row, and nobody waits longer than a batch for it.
    /// `None` where nobody waits, or work for the committer has waited longer.
    pub(super) fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        if self.are_tasks_next() {
            return None;
        }
        let here = thread::current().id();
        let near = match self.turns {
            0 => None,
            _ => self.waiting.iter().position(|one| one.thread == here),
        };
        self.waiting
            .remove(near.unwrap_or(0))
            .map(|one| one.promise)
    }

    /// Adds work for the committer.
    pub(super) fn add(&mut self, task: Task) {
        let place = self.new_place();
        self.tasks.push_back((place, task));
    }

    /// Whether the committer has work to do before anybody else gets the turn.
    pub(super) fn are_tasks_next(&self) -> bool {
        let earlier = self.waiting.front().map_or(u64::MAX, |one| one.place);
        self.tasks
            .front()
            .is_some_and(|(place, _)| *place < earlier)
    }

    /// All work that waits, for the committer, who holds the connection for it.
    pub(super) fn take_tasks(&mut self) -> Round {
        let tasks = std::mem::take(&mut self.tasks);
        let first_number = self.last_number + 1;
        self.last_number += tasks.len() as u64;
        self.turns += tasks.len();
        self.holder = Holder::Committer;
        let since = *self.unsettled.get_or_insert_with(Instant::now);
        Round {
            first_number,
            tasks,
            ends: since + self.oldest_batch,
        }
    }

    /// Ends a round. What is left of it waits for the next batch, and is first then.
    pub(super) fn end_round(&mut self, mut left: VecDeque<(u64, Task)>, lost: bool) {
        self.turns = self.turns.saturating_sub(left.len());
        left.append(&mut self.tasks);
        self.tasks = left;
        self.holder = Holder::Nobody;
        self.settle_first |= lost;
    }

    fn new_place(&mut self) -> u64 {
        self.last_place += 1;
        self.last_place
    }

    /// Lets everybody go who waits.
    pub(super) fn turn_away(&mut self) {
        self.waiting.clear();
        self.tasks.clear();
    }

    /// Gives the turn to a unit: its number.
    pub(super) fn give(&mut self) -> u64 {
        self.last_number += 1;
        let now = Instant::now();
        self.holder = Holder::Unit(self.last_number, now);
        self.unsettled.get_or_insert(now);
        self.turns += 1;
        self.last_number
    }

    /// Whether that unit holds the turn still.
    pub(super) fn is_held_by(&self, number: u64) -> bool {
        matches!(self.holder, Holder::Unit(holder, _) if holder == number)
    }

    /// Notes that the batch has ended.
    pub(super) fn settled(&mut self) {
        self.holder = Holder::Nobody;
        self.unsettled = None;
        self.settle_first = false;
        self.turns_before = std::mem::take(&mut self.turns);
    }

    /// How much longer to let the batch grow. Those who were answered together come back within
    /// a moment of each other, and the first of them would else have a COMMIT of its own while
    /// all others wait. Nothing is waited for where few write at once.
    pub(super) fn gathering(&self) -> Option<Duration> {
        let sparse = !self.settle_first && !self.closing && self.turns * 4 < self.turns_before * 3;
        let age = self.unsettled?.elapsed();
        (sparse && age < GATHERING).then(|| GATHERING.saturating_sub(age))
    }

    fn is_old(&self) -> bool {
        self.unsettled
            .is_some_and(|since| since.elapsed() >= self.oldest_batch)
    }
}
