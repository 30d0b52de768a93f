//! The spans of a hash job: its wait for a thread, and the work. They cross from the caller's
//! thread to the pool's, so the caller's own span travels with the job.

use tracing::{Span, trace_span};

const TARGET: &str = "gatelodge_trace";

/// A job that waits. Where nothing is traced around it, nothing is held.
pub(super) struct Watched {
    caller: Span,
    wait: Span,
}

impl Watched {
    /// To be made by the caller when the job is queued.
    pub(super) fn queued() -> Self {
        let wait = trace_span!(target: TARGET, "hash wait");
        let caller = if wait.is_disabled() {
            Span::none()
        } else {
            Span::current()
        };
        Self { caller, wait }
    }

    /// Does the work; the wait is over.
    pub(super) fn during<A>(self, work: impl FnOnce() -> A) -> A {
        let Self { caller, wait } = self;
        drop(wait);
        caller.in_scope(|| trace_span!(target: TARGET, "hash").in_scope(work))
    }
}
