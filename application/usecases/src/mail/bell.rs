//! Wakes whoever sends, as soon as there is something to send. A hint within one process: other
//! nodes look by themselves now and then.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
struct State {
    rung: bool,
    waiting: Option<Waker>,
}

/// A bell with one listener.
#[derive(Default)]
pub struct Bell(Mutex<State>);

impl Bell {
    /// Wakes the listener, or lets the next wait end at once.
    pub fn ring(&self) {
        let waiting = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.rung = true;
            state.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Returns when it was rung since the last time.
    pub async fn rung(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if core::mem::take(&mut state.rung) {
                return Poll::Ready(());
            }
            state.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use core::future::Future as _;
    use core::pin::pin;
    use core::sync::atomic::{AtomicU32, Ordering};
    use core::task::Context;
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    struct Counted(AtomicU32);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_ring_wakes_once_and_is_not_lost() {
        let bell = Bell::default();
        let counted = Arc::new(Counted(AtomicU32::new(0)));
        let waker = Waker::from(counted.clone());
        let mut context = Context::from_waker(&waker);
        {
            let mut waiting = pin!(bell.rung());
            assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
            bell.ring();
            bell.ring();
            assert_eq!(counted.0.load(Ordering::Relaxed), 1);
            assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(()));
        }
        let mut waiting = pin!(bell.rung());
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
        bell.ring();
        let mut other = pin!(bell.rung());
        assert_eq!(other.as_mut().poll(&mut context), Poll::Ready(()));
    }
}
