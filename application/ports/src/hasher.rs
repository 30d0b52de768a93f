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

    /// Compares, and says whether the hash was made at another cost than wanted, or by another
    /// program. Without a
    /// stored hash it does the same work against a decoy and answers `Mismatch`, so that an
    /// unknown name costs what a known one does.
    async fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        wanted: Argon2Cost,
    ) -> Result<Compared, HasherError>;

    /// The form in which a hash that another program made is stored here, if it is one that can
    /// be verified at a cost within bounds. Costs no hash job.
    fn import(&self, exported: &str) -> Result<PasswordHash, ForeignHashRefused>;

    /// By which algorithm, and at which cost, a stored hash was made.
    fn kind(&self, stored: &PasswordHash) -> HashKind;

    /// How many hash jobs were done since the start; each try that passes throttling costs one.
    fn jobs(&self) -> u64;

    /// Whether a job would find a place at this moment, so that nothing need be looked up for one
    /// that would not.
    fn has_place(&self) -> bool {
        true
    }

    /// How many jobs wait for a thread at this moment; none where nothing waits.
    fn waiting(&self) -> u64 {
        0
    }
}

/// By which algorithm, and at which cost, a hash was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashKind {
    /// The algorithm: `argon2id`, `bcrypt`, …
    pub algorithm: &'static str,
    /// Its cost in the algorithm's own terms: `m=19456,t=2,p=1`; empty where it has none.
    pub cost: String,
}

/// Why the hash of another program is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignHashRefused {
    /// It is no hash that can be verified here.
    #[error(
        "this is no password hash of a known form (argon2, bcrypt, scrypt, PBKDF2, SHA-crypt, \
         salted SHA)"
    )]
    Form,
    /// Each try to sign in would cost too much.
    #[error("this hash asks for more work than a sign-in may cost")]
    Cost,
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
