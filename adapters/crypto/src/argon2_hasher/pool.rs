//! Threads that do one slow thing at a time, behind a queue with an end.
//!
//! Hashing must not run on the request workers, and `spawn_blocking` would start as many
//! hashes at once as there are requests. Here the number of threads bounds the work and the
//! memory, the queue bounds the wait, and who finds it full hears so at once.

use std::any::Any;
use std::collections::VecDeque;
use std::io;
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
}

struct State {
    waiting: VecDeque<Box<dyn Job>>,
    free_threads: usize,
    open: bool,
}

trait Job: Send {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    fn run(self: Box<Self>, memory: &mut Memory);
}

struct Task<W, A> {
    work: W,
    answer: oneshot::Sender<A>,
}

impl<W, A> Job for Task<W, A>
where
    W: FnOnce(&mut Memory) -> A + Send,
    A: Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) {
        // The caller may have left meanwhile; nobody misses the answer then.
        let _ = self.answer.send((self.work)(memory));
    }
}

impl Pool {
    /// Starts the threads. `places` jobs may wait while all of them are busy; a thread without
    /// work for `idle` gives its memory back.
    pub(crate) fn start(threads: NonZeroUsize, places: usize, idle: Duration) -> io::Result<Self> {
        let queue = Arc::new(Queue {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                free_threads: threads.get(),
                open: true,
            }),
            arrival: Condvar::new(),
            done: AtomicU64::new(0),
            places,
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
        while state.open {
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
        None
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
        if catch_unwind(AssertUnwindSafe(|| job.run(&mut memory))).is_err() {
            memory.give_back();
        }
        queue.state.lock().free_threads += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    fn pool(threads: usize, places: usize) -> Pool {
        Pool::start(NonZeroUsize::new(threads).unwrap(), places, LONG).unwrap()
    }

    /// Occupies one thread until the sender is dropped; returns when the job has started.
    fn occupy(pool: &Pool) -> (mpsc::Sender<()>, oneshot::Receiver<()>) {
        let (release, released) = mpsc::channel::<()>();
        let (start, started) = mpsc::channel();
        let receiver = pool
            .submit(move |_| {
                start.send(()).unwrap();
                let _ = released.recv();
            })
            .unwrap();
        started.recv().unwrap();
        (release, receiver)
    }

    #[test]
    fn a_full_queue_says_so_at_once_and_has_room_again_afterwards() {
        let pool = pool(1, 2);
        let (release, first) = occupy(&pool);
        assert!(pool.has_place());
        let waiting = [pool.submit(|_| 1).unwrap(), pool.submit(|_| 2).unwrap()];
        assert!(!pool.has_place());
        assert_eq!(pool.submit(|_| 3).err(), Some(Full));
        drop(release);
        first.blocking_recv().unwrap();
        let answers = waiting.map(|receiver| receiver.blocking_recv().unwrap());
        assert_eq!(answers, [1, 2]);
        assert_eq!(pool.submit(|_| 3).unwrap().blocking_recv(), Ok(3));
        assert_eq!(pool.done(), 4);
    }

    #[test]
    fn free_threads_take_work_even_without_places() {
        let pool = pool(2, 0);
        let (_one, _) = occupy(&pool);
        let (_two, _) = occupy(&pool);
        assert_eq!(pool.submit(|_| ()).err(), Some(Full));
    }

    #[test]
    fn who_has_left_is_skipped_and_gives_the_place_to_another() {
        let pool = pool(1, 1);
        let (release, first) = occupy(&pool);
        drop(pool.submit(|_| "nobody waits for this").unwrap());
        assert!(pool.has_place());
        let wanted = pool.submit(|_| "wanted").unwrap();
        drop(release);
        first.blocking_recv().unwrap();
        assert_eq!(wanted.blocking_recv(), Ok("wanted"));
        let left = {
            let (release, first) = occupy(&pool);
            drop(pool.submit(|_| ()).unwrap());
            drop(release);
            first
        };
        left.blocking_recv().unwrap();
        assert_eq!(pool.submit(|_| "last").unwrap().blocking_recv(), Ok("last"));
        assert_eq!(pool.done(), 4, "two abandoned jobs were not run");
    }

    #[test]
    fn no_more_jobs_run_at_once_than_there_are_threads() {
        let pool = pool(3, 100);
        let running = Arc::new(AtomicUsize::new(0));
        let receivers: Vec<_> = (0..100)
            .map(|_| {
                let running = Arc::clone(&running);
                let work = move |_: &mut Memory| {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    now
                };
                pool.submit(work).unwrap()
            })
            .collect();
        let most = receivers
            .into_iter()
            .map(|receiver| receiver.blocking_recv().unwrap())
            .max();
        assert!(most <= Some(3), "{most:?}");
        let held = [occupy(&pool), occupy(&pool), occupy(&pool)];
        let mut fourth = pool.submit(|_| ()).unwrap();
        assert_eq!(fourth.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        drop(held);
        fourth.blocking_recv().unwrap();
    }

    #[test]
    fn a_panic_is_the_failure_of_its_caller_only() {
        let pool = pool(1, 1);
        let broken = pool.submit(|_| panic!("a broken job")).unwrap();
        assert!(broken.blocking_recv().is_err());
        assert_eq!(pool.submit(|_| 7).unwrap().blocking_recv(), Ok(7));
    }

    #[test]
    fn an_idle_thread_gives_its_memory_back() {
        let pool = Pool::start(NonZeroUsize::MIN, 1, Duration::ZERO).unwrap();
        let taken = pool
            .submit(|memory| memory.blocks(8).map(|blocks| blocks.len()))
            .unwrap();
        assert_eq!(taken.blocking_recv().unwrap(), Ok(8));
        // A look may come before the thread was idle; then we look again.
        loop {
            let empty = pool.submit(|memory| memory.is_empty()).unwrap();
            if empty.blocking_recv().unwrap() {
                break;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn dropping_the_pool_ends_its_threads_and_forgets_who_waits() {
        let pool = pool(1, 1);
        let (release, running) = occupy(&pool);
        let waiting = pool.submit(|_| ()).unwrap();
        let queue = Arc::downgrade(&pool.queue);
        let stopper = std::thread::spawn(move || drop(pool));
        while queue.upgrade().is_some_and(|queue| queue.state.lock().open) {
            std::thread::yield_now();
        }
        drop(release);
        stopper.join().unwrap();
        running.blocking_recv().unwrap();
        assert!(waiting.blocking_recv().is_err());
        assert!(queue.upgrade().is_none(), "a thread still holds the queue");
    }
}
