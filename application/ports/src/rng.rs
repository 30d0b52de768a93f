//! Randomness for ids, codes and keys.

use gatelodge_domain::{Id, Timestamp};

/// A cryptographically secure source. An implementation that cannot get randomness must end
/// the process: there is no safe answer.
pub trait Rng: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Rng + '_ {
    /// That many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A new time-ordered id.
    pub fn id<T>(&self, now: Timestamp) -> Id<T> {
        Id::new(now, self.bytes())
    }
}
