//! A clock that stands still and randomness that counts, so that a test can be read.

use core::time::Duration;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::{Clock, Delay, Rng};

/// Moves only when it is told to.
pub(crate) struct StillClock(AtomicI64);

impl StillClock {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Never the same bytes twice.
#[derive(Default)]
pub(crate) struct CountingRng(AtomicU64);

impl Rng for CountingRng {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let number = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
            // The low bytes change, so they must not be the ones that are cut off.
            let start = number.len() - chunk.len();
            chunk.copy_from_slice(&number[start..]);
        }
    }
}

/// Does not wait.
pub(crate) struct NoDelay;

#[async_trait]
impl Delay for NoDelay {
    async fn wait(&self, _: Duration) {}
}
