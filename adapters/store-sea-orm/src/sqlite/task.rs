//! Work that the committer carries out itself.
//!
//! A turn that is given to a waiting unit stands idle until the unit's thread comes round to it,
//! and that thread has other requests to serve. Work that was handed over needs no thread but
//! the committer's: it does one piece after the other and then the COMMIT, while the threads
//! that serve requests make what the next batch will write.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Ending, Work};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::batch::Verdict;
use super::turn::Turn;
use crate::executor::Executor;
use crate::view::{View, Write};

/// Work that waits to be carried out.
pub(super) struct Task {
    pub(super) work: Work,
    /// Who hears of its end.
    pub(super) done: oneshot::Sender<Verdict>,
    pub(super) asked: Instant,
}

/// Carries work out in a turn that has begun. It joins its batch, or leaves it to the next turn
/// to undo what it did.
pub(super) fn carry(turn: Turn, task: Task) {
    let mut unit = View::<Write>::over(Executor::SqliteUnit(turn));
    // A defect of one must not be the end of all: this thread ends everybody's batches.
    let ended = catch_unwind(AssertUnwindSafe(|| finish((task.work)(&mut unit))));
    let verdict = match ended {
        Ok(Some(Ending::Commit)) => {
            if let Executor::SqliteUnit(mut turn) = unit.executor {
                turn.join(task.done);
            }
            return;
        }
        Ok(Some(Ending::Undo)) => Ok(()),
        Ok(None) => Err(StoreError::broken(
            "a unit of work waited for something else than its store",
        )),
        Err(_) => Err(StoreError::broken("a unit of work panicked")),
    };
    drop(unit);
    // Whoever is gone hears nothing.
    let _ = task.done.send(verdict);
}

/// What a future comes to that waits for nothing: statements run inline here.
fn finish<T>(mut future: Pin<Box<dyn Future<Output = T> + Send + '_>>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
