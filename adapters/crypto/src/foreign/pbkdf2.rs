//! PBKDF2-HMAC (RFC 8018 §5.2), in three spellings: passlib's `$pbkdf2-sha256$29000$salt$hash`,
//! the PHC string `$pbkdf2-sha256$i=600000,l=32$salt$hash`, and Django's
//! `pbkdf2_sha256$600000$salt$hash`, whose salt is the text itself.

use gatelodge_ports::hasher::{ForeignHashRefused, HashKind};
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;

use super::encoding::{adapted_base64, base64, digest, named, number};
use super::same;

/// About a second of one processor with SHA-256.
const MOST_ITERATIONS: u32 = 2_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pbkdf2Hash {
    hash: Hash,
    iterations: u32,
    salt: Vec<u8>,
    output: Vec<u8>,
}

pub(super) fn parse(text: &str) -> Result<Pbkdf2Hash, ForeignHashRefused> {
    let fields: Vec<&str> = text.split('$').collect();
    let read = match fields.as_slice() {
        // passlib and PHC
        ["", name, cost, salt, output] => {
            let hash = match *name {
                "pbkdf2" | "pbkdf2-sha1" => Hash::Sha1,
                "pbkdf2-sha256" => Hash::Sha256,
                "pbkdf2-sha512" => Hash::Sha512,
                _ => return Err(ForeignHashRefused::Form),
            };
            let iterations = match cost.split_once(',') {
                None if cost.starts_with("i=") => named(cost, "i")?,
                None => number(cost)?,
                Some((iterations, _length)) => named(iterations, "i")?,
            };
            Pbkdf2Hash {
                hash,
                iterations,
                salt: adapted_base64(salt)?,
                output: digest(adapted_base64(output)?)?,
            }
        }
        // Django
        [name, cost, salt, output] => Pbkdf2Hash {
            hash: match *name {
                "pbkdf2_sha1" => Hash::Sha1,
                "pbkdf2_sha256" => Hash::Sha256,
                "pbkdf2_sha512" => Hash::Sha512,
                _ => return Err(ForeignHashRefused::Form),
            },
            iterations: number(cost)?,
            salt: salt.as_bytes().to_vec(),
            output: digest(base64(output)?)?,
        },
        _ => return Err(ForeignHashRefused::Form),
    };
    if read.work() > MOST_ITERATIONS {
        return Err(ForeignHashRefused::Cost);
    }
    Ok(read)
}

impl Pbkdf2Hash {
    /// Iterations times the blocks of output, each of which costs as much.
    fn work(&self) -> u32 {
        let block = self.hash.digest().size();
        let blocks = u32::try_from(self.output.len().div_ceil(block)).unwrap_or(u32::MAX);
        self.iterations.saturating_mul(blocks)
    }

    pub(super) fn kind(&self) -> HashKind {
        HashKind {
            algorithm: match self.hash {
                Hash::Sha1 => "pbkdf2-sha1",
                Hash::Sha256 => "pbkdf2-sha256",
                Hash::Sha512 => "pbkdf2-sha512",
            },
            cost: format!("i={}", self.iterations),
        }
    }

    pub(super) fn is_of(&self, password: &[u8]) -> Result<bool, String> {
        let mut output = vec![0; self.output.len()];
        let iterations = self.iterations as usize;
        pbkdf2_hmac(
            password,
            &self.salt,
            iterations,
            self.hash.digest(),
            &mut output,
        )
        .map_err(|error| error.to_string())?;
        Ok(same(&output, &self.output))
    }
}

impl Hash {
    fn digest(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }
}
