//! Password hashing, the one deliberately slow thing in the house.

use core::time::Duration;

use async_trait::async_trait;
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::{Password, PasswordHash};

/// Hashes and verifies passwords on a bounded pool of its own threads.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Makes a hash with fresh salt at that cost.
    async fn hash(
        &self,
        password: &Password,
        cost: Argon2Cost,
    ) -> Result<PasswordHash, HasherError>;

    /// Compares, and says whether the hash was made at another cost than wanted. Without a
    /// stored hash it does the same work against a decoy and answers `Mismatch`, so that an
    /// unknown name costs what a known one does.
    async fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        wanted: Argon2Cost,
    ) -> Result<Compared, HasherError>;

    /// How many hash jobs were done since the start; each try that passes throttling costs one.
    fn jobs(&self) -> u64;
}

/// A comparison that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// What it found.
    pub verdict: Verdict,
    /// How long it took from its turn on; the wait for a free thread is not in it.
    pub took: Duration,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right and its hash has the wanted cost.
    Match,
    /// The password is right; its hash should be made again.
    MatchAtOldCost,
    /// It is not.
    Mismatch,
}

/// Why nothing was hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HasherError {
    /// The queue is full; answered with 503 and `Retry-After`.
    #[error("the hashing queue is full")]
    Busy,
    /// The library refused.
    #[error("password hashing failed: {0}")]
    Failed(String),
}
