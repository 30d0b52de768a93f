//! The newest seal goes to the log, so that a trail whose tail was cut off shows: the log knows
//! a seal that the store no longer has. At most once a second.

use std::time::Duration;

use gatelodge_domain::Seal;
use tokio::time::Instant;

const EVERY: Duration = Duration::from_secs(1);

/// When a seal was logged last.
#[derive(Default)]
pub(crate) struct SealLog {
    last: Option<Instant>,
}

impl SealLog {
    /// Logs the seal, unless another one was logged within the second.
    pub(crate) fn note(&mut self, seal: &Seal, now: Instant) {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < EVERY) {
            return;
        }
        self.last = Some(now);
        let mac: String = seal.mac.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        tracing::info!(
            chain = "audit",
            number = seal.number,
            last = seal.last,
            mac,
            "audit trail sealed"
        );
    }
}
