//! Moves what the log holds into the file, off the way of whoever commits.
//!
//! A PASSIVE checkpoint on a thread and a connection of its own copies nearly everything while
//! units go on. It alone would never let the log begin anew: under a steady load something is
//! always written meanwhile, and a log is overwritten only once all of it is in the file and
//! nobody reads from it. So after each pass the committer, between two batches and with its
//! members answered, finishes the little that is left with RESTART, which also waits for readers
//! of a few microseconds to go. The log then stays at about [`EACH`] frames however long the load
//! lasts, and its blocks are used again instead of being allocated, which makes each fdatasync
//! cheaper. Only a reader that holds one moment for long lets it grow, and it shrinks again at
//! `journal_size_limit` once that reader is gone.
//!
//! SQLite syncs the file only where a checkpoint has reached the end of the log, so that RESTART
//! would wait for the disk to take everything that the pass had copied, and all who write with
//! it: tens of milliseconds. The thread therefore syncs the file itself, which leaves to RESTART
//! the few pages that it copies.
//!
//! Nothing of this decides over durability: a unit is durable by the fdatasync of the log at its
//! COMMIT, and SQLite syncs the file before it overwrites a log.

use std::cell::Cell;
use std::ffi::c_int;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::connection::{BUSY, Purpose, Source};

/// After how many frames, of a page each, a pass begins: 16 MB of log.
pub(super) const EACH: u32 = 4_000;
/// How long the committer waits for readers of an older log to go: so long for each time that
/// the log is longer than it should be, and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));
/// How often at most a pass copies, before the committer is asked to finish.
const PASSES: usize = 3;
/// How long after a failed pass the next one is tried.
const REST: Duration = Duration::from_secs(1);

thread_local! {
    static LOGGED: Cell<u32> = const { Cell::new(0) };
}

/// Notes, on the thread that commits, how many frames the log has. In place of SQLite's own
/// hook, which would run a checkpoint right there.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a hook")]
pub(super) fn note_frames(_: &Wal, frames: c_int) -> rusqlite::Result<()> {
    LOGGED.set(u32::try_from(frames).unwrap_or_default());
    Ok(())
}

/// How many frames the log had after the last COMMIT on this thread.
pub(super) fn frames() -> u32 {
    LOGGED.get()
}

/// When to checkpoint; shared by the committer and the thread that checkpoints.
pub(super) struct Checkpoints {
    each: u32,
    plan: Mutex<Plan>,
    bell: Condvar,
    nearly_done: AtomicBool,
}

struct Plan {
    /// Frames at the last COMMIT.
    logged: u32,
    /// At which length the next pass begins.
    next: u32,
    closing: bool,
}

impl Checkpoints {
    /// A pass for so many frames each.
    pub(super) fn each(frames: u32) -> Self {
        Self {
            each: frames,
            plan: Mutex::new(Plan {
                logged: 0,
                next: frames,
                closing: false,
            }),
            bell: Condvar::new(),
            nearly_done: AtomicBool::new(false),
        }
    }

    /// Notes the length of the log after a COMMIT. Whether the committer shall [`finish`] now.
    pub(super) fn note(&self, frames: u32) -> bool {
        let mut plan = self.plan.lock();
        if frames < plan.logged {
            plan.next = self.each;
        }
        plan.logged = frames;
        if frames >= plan.next {
            self.bell.notify_one();
        }
        drop(plan);
        self.nearly_done.swap(false, Ordering::Relaxed)
    }

    /// How long to wait in [`finish`] for readers to go.
    pub(super) fn patience(&self) -> Duration {
        let (step, longest) = PATIENCE;
        let times = self.plan.lock().logged / self.each.max(1);
        longest.min(step * times.max(1))
    }

    /// The life of the thread that checkpoints.
    pub(super) fn run(&self, source: &Source) {
        let (mut file, mut connection) = (None, None);
        while self.wait() {
            match self.pass(source, &mut file, &mut connection) {
                Ok(done) => self.nearly_done.store(done, Ordering::Relaxed),
                Err(reason) => {
                    // The log keeps everything meanwhile; only its length suffers.
                    tracing::warn!(reason, "the log could not be moved into the database file");
                    connection = None;
                    self.rest();
                }
            }
        }
    }

    /// Ends [`Self::run`].
    pub(super) fn close(&self) {
        self.plan.lock().closing = true;
        self.bell.notify_one();
    }

    /// Waits until the log is long enough; false when the engine closes.
    fn wait(&self) -> bool {
        let mut plan = self.plan.lock();
        while !plan.closing && plan.logged < plan.next {
            self.bell.wait(&mut plan);
        }
        !plan.closing
    }

    fn rest(&self) {
        let mut plan = self.plan.lock();
        self.bell
            .wait_while_for(&mut plan, |plan| !plan.closing, REST);
    }

    /// Copies what can be copied, and syncs it. Whether only that is left which was written
    /// meanwhile: mostly little, and where writers are quicker than this thread, they wait for the
    /// committer to copy it.
    fn pass(
        &self,
        source: &Source,
        file: &mut Option<&'static File>,
        held: &mut Option<Connection>,
    ) -> Result<bool, String> {
        let file = if let Some(file) = file {
            file
        } else {
            file.insert(keep_open(source).map_err(|error| error.to_string())?)
        };
        let connection = if let Some(connection) = held {
            connection
        } else {
            let opened = source.open(Purpose::Checkpoint);
            held.insert(opened.map_err(|error| error.to_string())?)
        };
        let mut done = false;
        for _ in 0..PASSES {
            let wanted = self.plan.lock().logged;
            let found = checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)");
            let Some(filed) = found.map_err(|error| error.to_string())? else {
                // Somebody else is at it, in this process or another.
                break;
            };
            file.sync_data().map_err(|error| error.to_string())?;
            // Otherwise a reader holds on to an older moment, and nobody can finish.
            done = filed >= wanted;
            let left = self.plan.lock().logged.saturating_sub(filed);
            if !done || left < self.each / 8 {
                break;
            }
        }
        let mut plan = self.plan.lock();
        plan.next = plan.logged.saturating_add(self.each);
        Ok(done)
    }
}

/// The database file, to be synced, for as long as the process lives: closing any descriptor of a
/// file takes all locks from the process that it holds on that file, SQLite's included
/// (<https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
/// A process has one engine, so it is one descriptor.
fn keep_open(source: &Source) -> std::io::Result<&'static File> {
    Ok(Box::leak(Box::new(File::open(source.path())?)))
}

/// Copies the rest, on the connection that writes while nobody does, and waits for readers of
/// the log to go: the next unit then begins the log anew. What fails here is tried again after
/// the next pass.
pub(super) fn finish(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(patience)?;
    let finished = checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)");
    connection.busy_timeout(BUSY)?;
    finished.map(|_| ())
}

/// Runs a checkpoint: how many frames of the log are in the file; `None` where another one was
/// running.
fn checkpoint(connection: &Connection, pragma: &'static str) -> rusqlite::Result<Option<u32>> {
    connection
        .prepare_cached(pragma)?
        .query_row([], |row| row.get::<_, i64>(2))
        .map(|filed| u32::try_from(filed).ok())
}
