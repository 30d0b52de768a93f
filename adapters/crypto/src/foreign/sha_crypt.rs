//! SHA-crypt of Unix: `$5$` (SHA-256) and `$6$` (SHA-512), with `rounds=N$` or 5,000 without.

use gatelodge_ports::hasher::{ForeignHashRefused, HashKind};
use sha_crypt::{PasswordHashRef, PasswordVerifier as _, ShaCrypt};

use super::encoding::named;

/// About a second of one processor.
const MOST_ROUNDS: u32 = 1_000_000;
/// A round hashes the password up to twice, so a long one would cost many times as much. Nobody
/// types so many bytes into `passwd`.
const LONGEST_PASSWORD: usize = 128;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShaCryptHash {
    algorithm: &'static str,
    rounds: u32,
    text: String,
}

pub(super) fn parse(text: &str) -> Result<ShaCryptHash, ForeignHashRefused> {
    let fields: Vec<&str> = text.split('$').collect();
    let (name, rounds, salt, output) = match fields.as_slice() {
        ["", name, salt, output] => (*name, 5_000, *salt, *output),
        ["", name, rounds, salt, output] => (*name, named(rounds, "rounds")?, *salt, *output),
        _ => return Err(ForeignHashRefused::Form),
    };
    let (algorithm, length) = if name == "5" {
        ("sha256-crypt", 43)
    } else {
        ("sha512-crypt", 86)
    };
    let crypt64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    let salted = salt.len() <= 16 && salt.bytes().all(crypt64);
    if !salted || output.len() != length || !output.bytes().all(crypt64) || rounds < 1_000 {
        return Err(ForeignHashRefused::Form);
    }
    if rounds > MOST_ROUNDS {
        return Err(ForeignHashRefused::Cost);
    }
    Ok(ShaCryptHash {
        algorithm,
        rounds,
        text: text.to_owned(),
    })
}

impl ShaCryptHash {
    pub(super) fn kind(&self) -> HashKind {
        HashKind {
            algorithm: self.algorithm,
            cost: format!("rounds={}", self.rounds),
        }
    }

    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        if password.len() > LONGEST_PASSWORD {
            return false;
        }
        PasswordHashRef::new(&self.text)
            .is_ok_and(|hash| ShaCrypt::SHA512.verify_password(password, hash).is_ok())
    }
}
