//! The hashing pool alone: how many passwords it verifies a second when it never waits, and how
//! long one takes when nothing else runs.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatelodge_crypto::Argon2Hasher;
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::{Password, PasswordHash, Setting};
use gatelodge_ports::PasswordHasher;
use gatelodge_ports::hasher::Verdict;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::seed::Failed;

/// The server's own default (`[hashing]`).
const QUEUE: usize = 256;
/// Enough to keep every thread of the pool busy.
const TASKS: usize = 64;
/// How many single hashes the time of one is the median of.
const SINGLES: usize = 9;

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PoolRates {
    /// Verifications a second, all threads busy.
    pub per_second: f64,
    /// Milliseconds of one, the others idle.
    pub one_ms: f64,
}

/// Measures for that many seconds.
pub(super) fn measure(seconds: f64) -> Result<PoolRates, Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(rates(Duration::try_from_secs_f64(seconds)?))
}

async fn rates(time: Duration) -> Result<PoolRates, Failed> {
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let hasher = Argon2Hasher::start(threads, QUEUE)?;
    let cost = Argon2Cost {
        memory: Setting::Argon2Memory.spec().default,
        iterations: Setting::Argon2Iterations.spec().default,
        parallelism: Setting::Argon2Parallelism.spec().default,
    };
    let password = Password::parse("correct-horse-battery-staple")?;
    let stored = hasher.hash(&password, cost).await?;

    let mut singles = Vec::with_capacity(SINGLES);
    for _ in 0..SINGLES {
        let began = Instant::now();
        verify(&hasher, &password, &stored, cost).await?;
        singles.push(began.elapsed());
    }
    singles.sort_unstable();

    let done = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (hasher, password) = (hasher.clone(), password.clone());
        let (stored, done) = (stored.clone(), done.clone());
        tasks.spawn(async move {
            while began.elapsed() < time {
                verify(&hasher, &password, &stored, cost).await?;
                if began.elapsed() < time {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok::<(), Failed>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let count = done.load(Ordering::Relaxed) as f64;
    Ok(PoolRates {
        per_second: count / time.as_secs_f64(),
        one_ms: singles[SINGLES / 2].as_secs_f64() * 1_000.0,
    })
}

async fn verify(
    hasher: &Argon2Hasher,
    password: &Password,
    stored: &PasswordHash,
    cost: Argon2Cost,
) -> Result<(), Failed> {
    match hasher.verify(password, Some(stored), cost).await?.verdict {
        Verdict::Match => Ok(()),
        other => Err(format!("the hash does not match: {other:?}").into()),
    }
}
