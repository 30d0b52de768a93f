//! Threads that do one slow thing at a time, behind a queue with an end.
//!
//! Hashing must not run on the request workers, and `spawn_blocking` would start as many
//! hashes at once as there are requests. Here the number of threads bounds the work and the
//! memory, the queue bounds the wait, and who finds it full hears so at once.
//!
//! A hash leaves nothing of others in the processor's caches, so what its caller does next is slow,
//! and much quicker right after another caller did the same. While many wait, answers are given
//! a few at a time: more of them a second, for a wait that is hardly longer.

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::oneshot;

use super::memory::Memory;

/// How much the threads give way, of 19 at most. A saturated machine still gives them a tenth of
/// what anybody else gets.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// So many answers are given at a time while [`MANY`] jobs a thread wait.
const TOGETHER: usize = 4;

/// So many jobs a thread are a wait beside which that for the rest of [`TOGETHER`] is short.
const MANY: usize = 8;

/// The threads; dropping it ends them after the job each is at.
pub(crate) struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// Every thread is busy and every place in the queue is taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

struct Queue {
    state: Mutex<State>,
    arrival: Condvar,
    done: AtomicU64,
    places: usize,
    many: usize,
}

struct State {
    waiting: VecDeque<Box<dyn Job>>,
    /// Of jobs that are done; not given yet.
    answers: Vec<Answer>,
    free_threads: usize,
    open: bool,
}

/// Gives an answer to its caller.
type Answer = Box<dyn FnOnce() + Send>;

trait Job: Send {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    fn run(self: Box<Self>, memory: &mut Memory) -> Answer;
}

struct Task<W, A> {
    work: W,
    answer: oneshot::Sender<A>,
}

impl<W, A> Job for Task<W, A>
where
    W: FnOnce(&mut Memory) -> A + Send,
    A: Send + 'static,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) -> Answer {
        let (found, answer) = ((self.work)(memory), self.answer);
        Box::new(move || {
            // The caller may have left meanwhile; nobody misses the answer then.
            let _ = answer.send(found);
        })
    }
}

impl Pool {
    /// Starts the threads. `places` jobs may wait while all of them are busy; a thread without
    /// work for `idle` gives its memory back.
    pub(crate) fn start(threads: NonZeroUsize, places: usize, idle: Duration) -> io::Result<Self> {
        let queue = Arc::new(Queue {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                answers: Vec::new(),
                free_threads: threads.get(),
                open: true,
            }),
            arrival: Condvar::new(),
            done: AtomicU64::new(0),
            places,
            many: MANY * threads.get(),
        });
        let mut pool = Self {
            queue,
            threads: Vec::with_capacity(threads.get()),
        };
        for number in 0..threads.get() {
            let queue = Arc::clone(&pool.queue);
            let thread = Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || work(&queue, idle))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Queues the work. The receiver hears the answer, or an error when the work panicked.
    /// Dropping the receiver takes back work that has not started.
    pub(crate) fn submit<A: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> A + Send + 'static,
    ) -> Result<oneshot::Receiver<A>, Full> {
        let (answer, receiver) = oneshot::channel();
        let mut state = self.queue.state.lock();
        if !self.queue.has_place(&mut state) {
            return Err(Full);
        }
        state.waiting.push_back(Box::new(Task { work, answer }));
        drop(state);
        self.queue.arrival.notify_one();
        Ok(receiver)
    }

    /// Whether work would be queued at this moment.
    pub(crate) fn has_place(&self) -> bool {
        self.queue.has_place(&mut self.queue.state.lock())
    }

    /// How many jobs wait at this moment.
    pub(crate) fn waiting(&self) -> u64 {
        self.queue.state.lock().waiting.len() as u64
    }

    /// How many jobs were run.
    pub(crate) fn done(&self) -> u64 {
        self.queue.done.load(Ordering::Relaxed)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.state.lock().open = false;
        self.queue.arrival.notify_all();
        for thread in self.threads.drain(..) {
            let _ended: Result<(), Box<dyn Any + Send>> = thread.join();
        }
    }
}

impl Queue {
    fn has_place(&self, state: &mut State) -> bool {
        let allowed = self.places + state.free_threads;
        if state.waiting.len() >= allowed {
            state.waiting.retain(|job| !job.is_abandoned());
        }
        state.waiting.len() < allowed
    }

    /// Waits for the next job that somebody still wants; `None` when the pool is closed.
    fn next(&self, memory: &mut Memory, idle: Duration) -> Option<Box<dyn Job>> {
        let mut state = self.state.lock();
        loop {
            self.answer(&mut state);
            if !state.open {
                return None;
            }
            match state.waiting.pop_front() {
                Some(job) if job.is_abandoned() => {}
                Some(job) => {
                    state.free_threads -= 1;
                    return Some(job);
                }
                None if memory.is_empty() => self.arrival.wait(&mut state),
                None => {
                    if self.arrival.wait_for(&mut state, idle).timed_out() {
                        MutexGuard::unlocked(&mut state, || memory.give_back());
                    }
                }
            }
        }
    }

    /// Gives the answers that are there, unless many wait and more answers are soon to come.
    fn answer(&self, state: &mut MutexGuard<'_, State>) {
        let may_be_kept = state.open && state.waiting.len() >= self.many;
        let wanted = if may_be_kept { TOGETHER } else { 1 };
        if state.answers.len() >= wanted {
            let answers = mem::take(&mut state.answers);
            MutexGuard::unlocked(state, || {
                for answer in answers {
                    answer();
                }
            });
        }
    }
}

/// Lets everybody else go first: a hash is long and its caller waits for it anyway, while other
/// requests take microseconds and would wait for whole time slices of every hash.
///
/// Only Linux knows a priority of single threads; where it is refused, all is as it was.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // Without a process id it is this thread's.
        let _ = rustix::process::setpriority_process(None, NICENESS);
    }
}

fn work(queue: &Queue, idle: Duration) {
    give_way();
    let mut memory = Memory::default();
    while let Some(job) = queue.next(&mut memory, idle) {
        queue.done.fetch_add(1, Ordering::Relaxed);
        // A panic is one caller's failure; without this it would be a thread less for all.
        let answer = catch_unwind(AssertUnwindSafe(|| job.run(&mut memory)));
        if answer.is_err() {
            memory.give_back();
        }
        let mut state = queue.state.lock();
        state.free_threads += 1;
        state.answers.extend(answer);
    }
}

#[cfg(test)]
mod tests;
