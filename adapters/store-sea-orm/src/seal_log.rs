//! The newest seal goes to the log, so that a trail whose tail was cut off shows: the log knows
//! a seal that the store no longer has. At most once a second.

use std::fmt::Write as _;
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
        if self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < EVERY)
        {
            return;
        }
        self.last = Some(now);
        let mac = hexadecimal(seal.mac.as_bytes());
        tracing::info!(
            chain = "audit",
            number = seal.number,
            last = seal.last,
            mac,
            "audit trail sealed"
        );
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::Digest;

    use super::*;

    #[test]
    fn a_mac_is_written_in_full() {
        let digest = Digest::sha256(b"");
        assert!(hexadecimal(digest.as_bytes()).starts_with("e3b0c44298fc1c14"));
        assert_eq!(hexadecimal(digest.as_bytes()).len(), 64);
    }
}
