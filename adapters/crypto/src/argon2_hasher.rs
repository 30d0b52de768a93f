//! Argon2id (RFC 9106) for people's passwords, on threads of its own.
//!
//! A hash is a PHC string that carries its cost, so a realm can change its cost at any time
//! and old hashes are made again at the next sign-in. Each try is one job of the pool, also
//! for an unknown name, so the load and the time tell nothing about who exists. A hash that
//! another program made is compared in such a job too, after the work that a decoy costs, so
//! that it is never answered sooner.

mod memory;
mod phc;
mod pool;
mod watched;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::{Password, PasswordHash};
use gatelodge_ports::hasher::{Compared, ForeignHashRefused, HashKind, Verdict};
use gatelodge_ports::{HasherError, PasswordHasher, Rng as _};
use tokio::time::Instant;

pub(crate) use self::memory::Memory;
use self::phc::Phc;
use self::pool::{Full, Pool};
use self::watched::Watched;
use crate::foreign::{self, ForeignHash};
use crate::random::OpensslRng;

const SALT: usize = 16;
const OUTPUT: usize = 32;

/// A thread without work for so long gives its memory back. Taking it anew costs a few
/// milliseconds beside the hash; a server that hashed at its start is small soon after.
const IDLE: Duration = Duration::from_secs(3);

/// What a job made, and how long it took from its turn on.
struct Derived {
    output: Vec<u8>,
    took: Duration,
}

/// Argon2id on a bounded pool. Dropping it waits for the hash that each thread is at.
pub struct Argon2Hasher {
    pool: Pool,
    decoy_salt: [u8; SALT],
}

impl Argon2Hasher {
    /// Starts `threads` threads, which bounds the hashes at a time; `queue` more may wait
    /// while all are busy. The error is that of the operating system when it has no threads.
    pub fn start(threads: NonZeroUsize, queue: usize) -> io::Result<Arc<Self>> {
        Self::start_giving_back_after(IDLE, threads, queue)
    }

    /// Like [`Argon2Hasher::start`], with another time without work after which a thread
    /// gives its memory back: longer is quicker for a rare sign-in, shorter is smaller.
    pub fn start_giving_back_after(
        idle: Duration,
        threads: NonZeroUsize,
        queue: usize,
    ) -> io::Result<Arc<Self>> {
        let mut decoy_salt = [0; SALT];
        OpensslRng.fill(&mut decoy_salt);
        Ok(Arc::new(Self {
            pool: Pool::start(threads, queue, idle)?,
            decoy_salt,
        }))
    }

    async fn derive(
        &self,
        password: &Password,
        cost: Argon2Cost,
        salt: Vec<u8>,
        length: usize,
    ) -> Result<Derived, HasherError> {
        let params = params(cost, length)?;
        let password = password.clone();
        let watched = Watched::queued();
        let work = move |memory: &mut Memory| {
            watched.during(|| {
                let began = Instant::now();
                let output = argon2id(&password, &salt, params, length, memory)?;
                Ok(Derived {
                    output,
                    took: began.elapsed(),
                })
            })
        };
        let answer = self.pool.submit(work).map_err(|Full| HasherError::Busy)?;
        answer
            .await
            .map_err(|_| HasherError::Failed("the hashing job broke off".to_owned()))?
    }
}

impl Argon2Hasher {
    /// Compares with a hash of another program, after the work that a decoy costs.
    async fn verify_foreign(
        &self,
        password: &Password,
        hash: ForeignHash,
        wanted: Argon2Cost,
    ) -> Result<Compared, HasherError> {
        let params = params(wanted, OUTPUT)?;
        let (password, decoy) = (password.clone(), self.decoy_salt);
        let watched = Watched::queued();
        let work = move |memory: &mut Memory| {
            watched.during(|| {
                let began = Instant::now();
                argon2id(&password, &decoy, params, OUTPUT, memory)?;
                let is_right = hash
                    .is_of(password.expose().as_bytes(), memory)
                    .map_err(HasherError::Failed)?;
                Ok(Compared {
                    verdict: if is_right {
                        Verdict::MatchAtOldCost
                    } else {
                        Verdict::Mismatch
                    },
                    took: began.elapsed(),
                })
            })
        };
        let answer = self.pool.submit(work).map_err(|Full| HasherError::Busy)?;
        answer
            .await
            .map_err(|_| HasherError::Failed("the hashing job broke off".to_owned()))?
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(
        &self,
        password: &Password,
        cost: Argon2Cost,
    ) -> Result<PasswordHash, HasherError> {
        let mut salt = vec![0; SALT];
        OpensslRng.fill(&mut salt);
        let Derived { output, .. } = self.derive(password, cost, salt.clone(), OUTPUT).await?;
        Ok(PasswordHash::from_phc(Phc { cost, salt, output }.to_text()))
    }

    async fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        wanted: Argon2Cost,
    ) -> Result<Compared, HasherError> {
        let Some(stored) = stored else {
            let decoy = self.decoy_salt.to_vec();
            let Derived { took, .. } = self.derive(password, wanted, decoy, OUTPUT).await?;
            return Ok(Compared {
                verdict: Verdict::Mismatch,
                took,
            });
        };
        let Phc { cost, salt, output } = match Phc::parse(stored.as_phc()) {
            Ok(phc) => phc,
            Err(error) => {
                let hash = ForeignHash::parse(stored.as_phc()).map_err(|_| failed(error))?;
                return self.verify_foreign(password, hash, wanted).await;
            }
        };
        let derived = self.derive(password, cost, salt, output.len()).await?;
        let verdict = match openssl::memcmp::eq(&derived.output, &output) {
            true if cost == wanted => Verdict::Match,
            true => Verdict::MatchAtOldCost,
            false => Verdict::Mismatch,
        };
        Ok(Compared {
            verdict,
            took: derived.took,
        })
    }

    fn import(&self, exported: &str) -> Result<PasswordHash, ForeignHashRefused> {
        foreign::stored(exported)
    }

    fn kind(&self, stored: &PasswordHash) -> HashKind {
        ForeignHash::parse(stored.as_phc()).map_or_else(
            |_| HashKind {
                algorithm: "argon2id",
                cost: Phc::parse(stored.as_phc())
                    .map(|phc| phc.cost_text())
                    .unwrap_or_default(),
            },
            |hash| hash.kind(),
        )
    }

    fn has_place(&self) -> bool {
        self.pool.has_place()
    }

    fn waiting(&self) -> u64 {
        self.pool.waiting()
    }

    fn jobs(&self) -> u64 {
        self.pool.done()
    }
}

fn params(cost: Argon2Cost, length: usize) -> Result<Params, HasherError> {
    Params::new(cost.memory, cost.iterations, cost.parallelism, Some(length)).map_err(failed)
}

fn argon2id(
    password: &Password,
    salt: &[u8],
    params: Params,
    length: usize,
    memory: &mut Memory,
) -> Result<Vec<u8>, HasherError> {
    let blocks = memory.blocks(params.block_count()).map_err(failed)?;
    let mut output = vec![0; length];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut output, blocks)
        .map_err(failed)?;
    Ok(output)
}

fn failed(error: impl core::fmt::Display) -> HasherError {
    HasherError::Failed(error.to_string())
}

#[cfg(test)]
mod tests;
