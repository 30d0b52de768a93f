//! Argon2 (RFC 9106) as others use it: the variants `i` and `d`, version 16, and costs that no
//! realm here has.

use argon2::{Algorithm, Argon2, Params, Version};
use gatelodge_ports::hasher::{ForeignHashRefused, HashKind};

use super::encoding::{base64, digest, named};
use super::same;
use crate::argon2_hasher::Memory;

/// The most memory of one try, in KiB: 256 MiB.
const MOST_MEMORY: u32 = 256 * 1_024;
/// Memory in KiB times passes; about a second of one processor.
const MOST_WORK: u64 = 1 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argon2Hash {
    name: &'static str,
    version: Version,
    memory: u32,
    iterations: u32,
    parallelism: u32,
    salt: Vec<u8>,
    output: Vec<u8>,
}

pub(super) fn parse(text: &str) -> Result<Argon2Hash, ForeignHashRefused> {
    let form = ForeignHashRefused::Form;
    let fields: Vec<&str> = text.split('$').collect();
    let (name, version, cost, salt, output) = match fields.as_slice() {
        ["", name, version, cost, salt, output] => (*name, *version, *cost, *salt, *output),
        // Before version 19 there was no field for it.
        ["", name, cost, salt, output] => (*name, "v=16", *cost, *salt, *output),
        _ => return Err(form),
    };
    let name = ["argon2id", "argon2i", "argon2d"]
        .into_iter()
        .find(|known| *known == name)
        .ok_or(form)?;
    let version = match version {
        "v=16" => Version::V0x10,
        "v=19" => Version::V0x13,
        _ => return Err(form),
    };
    let [m, t, p] = cost.split(',').collect::<Vec<_>>()[..] else {
        return Err(form);
    };
    let hash = Argon2Hash {
        name,
        version,
        memory: named(m, "m")?,
        iterations: named(t, "t")?,
        parallelism: named(p, "p")?,
        salt: base64(salt)?,
        output: digest(base64(output)?)?,
    };
    let work = u64::from(hash.memory) * u64::from(hash.iterations);
    if hash.memory > MOST_MEMORY || work > MOST_WORK || hash.parallelism > 16 {
        return Err(ForeignHashRefused::Cost);
    }
    hash.params().map_err(|_| form)?;
    if hash.salt.len() < 8 {
        return Err(form);
    }
    Ok(hash)
}

impl Argon2Hash {
    fn params(&self) -> Result<Params, argon2::Error> {
        let length = Some(self.output.len());
        Params::new(self.memory, self.iterations, self.parallelism, length)
    }

    pub(super) fn kind(&self) -> HashKind {
        let (m, t, p) = (self.memory, self.iterations, self.parallelism);
        HashKind {
            algorithm: self.name,
            cost: format!("m={m},t={t},p={p}"),
        }
    }

    pub(super) fn is_of(&self, password: &[u8], memory: &mut Memory) -> Result<bool, String> {
        let params = self.params().map_err(|error| error.to_string())?;
        let algorithm = match self.name {
            "argon2i" => Algorithm::Argon2i,
            "argon2d" => Algorithm::Argon2d,
            _ => Algorithm::Argon2id,
        };
        let blocks = memory
            .blocks(params.block_count())
            .map_err(|error| error.to_string())?;
        let mut output = vec![0; self.output.len()];
        Argon2::new(algorithm, self.version, params)
            .hash_password_into_with_memory(password, &self.salt, &mut output, blocks)
            .map_err(|error| error.to_string())?;
        Ok(same(&output, &self.output))
    }
}
