//! Password hashes that other programs made: read at import, verified once at a sign-in, and
//! replaced by Argon2id then.
//!
//! A hash names its own cost, and whoever can import hashes would otherwise decide how long our
//! threads work for each try of anybody: each form has a cap, about a second of one processor.
//! Nothing is computed here by ourselves: OpenSSL does PBKDF2 (RFC 8018), scrypt (RFC 7914) and
//! SHA; the crates `bcrypt`, `sha-crypt` and `argon2` do theirs.

mod argon2;
mod bcrypt;
mod encoding;
mod pbkdf2;
mod salted_sha;
mod scrypt;
mod sha_crypt;

use gatelodge_domain::PasswordHash;
use gatelodge_ports::hasher::{ForeignHashRefused, HashKind};

use crate::argon2_hasher::Memory;

/// No form that is accepted is longer.
const LONGEST: usize = 1_024;

/// A hash of one of the forms that are accepted, within its cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ForeignHash {
    Argon2(argon2::Argon2Hash),
    Bcrypt(bcrypt::BcryptHash),
    Pbkdf2(pbkdf2::Pbkdf2Hash),
    SaltedSha(salted_sha::SaltedSha),
    Scrypt(scrypt::ScryptHash),
    ShaCrypt(sha_crypt::ShaCryptHash),
}

impl ForeignHash {
    /// Reads a hash as it was exported, or as [`stored`] made it.
    pub(crate) fn parse(text: &str) -> Result<Self, ForeignHashRefused> {
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(ForeignHashRefused::Form);
        }
        let text = plain(text);
        if text.starts_with('{') {
            return salted_sha::parse(text).map(Self::SaltedSha);
        }
        let first = text.split('$').find(|field| !field.is_empty());
        match first.ok_or(ForeignHashRefused::Form)? {
            "argon2id" | "argon2i" | "argon2d" | "argon2" => argon2::parse(text).map(Self::Argon2),
            "2a" | "2b" | "2y" => bcrypt::parse(text).map(Self::Bcrypt),
            "5" | "6" => sha_crypt::parse(text).map(Self::ShaCrypt),
            "scrypt" => scrypt::parse(text).map(Self::Scrypt),
            first if first.starts_with("pbkdf2") => pbkdf2::parse(text).map(Self::Pbkdf2),
            _ => Err(ForeignHashRefused::Form),
        }
    }

    /// Which algorithm at which cost.
    pub(crate) fn kind(&self) -> HashKind {
        match self {
            Self::Argon2(hash) => hash.kind(),
            Self::Bcrypt(hash) => hash.kind(),
            Self::Pbkdf2(hash) => hash.kind(),
            Self::SaltedSha(hash) => hash.kind(),
            Self::Scrypt(hash) => hash.kind(),
            Self::ShaCrypt(hash) => hash.kind(),
        }
    }

    /// Whether it is the hash of that password. The error is the library's.
    pub(crate) fn is_of(&self, password: &[u8], memory: &mut Memory) -> Result<bool, String> {
        match self {
            Self::Argon2(hash) => hash.is_of(password, memory),
            Self::Bcrypt(hash) => Ok(hash.is_of(password)),
            Self::Pbkdf2(hash) => hash.is_of(password),
            Self::SaltedSha(hash) => hash.is_of(password),
            Self::Scrypt(hash) => hash.is_of(password),
            Self::ShaCrypt(hash) => Ok(hash.is_of(password)),
        }
    }
}

/// The text under which an accepted hash is stored: what was exported, without the wrapping of
/// a directory or framework.
pub(crate) fn stored(text: &str) -> Result<PasswordHash, ForeignHashRefused> {
    let text = text.trim();
    ForeignHash::parse(text)?;
    Ok(PasswordHash::from_phc(plain(text).to_owned()))
}

/// Directories write `{CRYPT}` before what `crypt(3)` made; Django writes `argon2` before a PHC
/// string.
fn plain(text: &str) -> &str {
    let wrapped = |prefix: &str| {
        let (head, rest) = text.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(rest)
    };
    if let Some(rest) = wrapped("{CRYPT}") {
        return rest;
    }
    // The `$` between Django's prefix and the PHC string belongs to the latter.
    match text.strip_prefix("argon2$argon2") {
        Some(_) => &text["argon2".len()..],
        None => text,
    }
}

/// Whether two digests are the same, in a time that tells nothing but their lengths.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && openssl::memcmp::eq(one, other)
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
