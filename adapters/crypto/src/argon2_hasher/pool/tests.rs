//! The queue and its end, answers that are kept, and threads that survive their jobs.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use super::*;

const LONG: Duration = Duration::from_hours(1);

fn pool(threads: usize, places: usize) -> Pool {
    Pool::start(NonZeroUsize::new(threads).unwrap(), places, LONG).unwrap()
}

/// A job that lasts until the sender is dropped, and says when it has started.
struct Held {
    release: mpsc::Sender<()>,
    started: mpsc::Receiver<()>,
    answer: oneshot::Receiver<()>,
}

fn held(pool: &Pool) -> Held {
    let (release, released) = mpsc::channel::<()>();
    let (start, started) = mpsc::channel();
    let answer = pool
        .submit(move |_| {
            start.send(()).unwrap();
            let _ = released.recv();
        })
        .unwrap();
    Held {
        release,
        started,
        answer,
    }
}

/// Occupies one thread until the sender is dropped; returns when the job has started.
fn occupy(pool: &Pool) -> (mpsc::Sender<()>, oneshot::Receiver<()>) {
    let job = held(pool);
    job.started.recv().unwrap();
    (job.release, job.answer)
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

fn quick(pool: &Pool) -> oneshot::Receiver<()> {
    pool.submit(|_| ()).unwrap()
}

#[test]
fn while_many_wait_answers_are_given_four_at_a_time() {
    let pool = pool(1, 100);
    let (release, first) = occupy(&pool);
    let (second, third, fourth, fifth) = (quick(&pool), held(&pool), quick(&pool), held(&pool));
    let crowd: Vec<_> = (0..=MANY).map(|_| quick(&pool)).collect();
    drop(release);
    third.started.recv().unwrap();
    let mut answers = [first, second, third.answer, fourth];
    for kept in &mut answers {
        assert_eq!(kept.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }
    drop(third.release);
    fifth.started.recv().unwrap();
    for given in &mut answers {
        assert_eq!(given.try_recv(), Ok(()), "four are there");
    }
    drop(fifth.release);
    for answer in crowd {
        answer.blocking_recv().unwrap();
    }
}

#[test]
fn a_kept_answer_is_given_when_those_who_wait_have_left() {
    let pool = pool(1, 100);
    let (release, first) = occupy(&pool);
    let second = held(&pool);
    let crowd: Vec<_> = (0..=MANY).map(|_| quick(&pool)).collect();
    drop(release);
    second.started.recv().unwrap();
    drop(crowd);
    drop(second.release);
    for kept in [first, second.answer] {
        kept.blocking_recv().unwrap();
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
