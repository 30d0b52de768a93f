//! bcrypt: `$2b$12$` with 22 characters of salt and 31 of hash, and its spellings `2a` and `2y`.
//! (`2x` marks hashes of a broken program; they are refused.) As everywhere, it sees the first
//! 72 bytes of a password only.

use gatelodge_ports::hasher::{ForeignHashRefused, HashKind};

use super::encoding::bcrypt_base64;
use super::same;

/// About a second of one processor.
const MOST: u32 = 14;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BcryptHash {
    cost: u32,
    salt: [u8; 16],
    output: Vec<u8>,
}

pub(super) fn parse(text: &str) -> Result<BcryptHash, ForeignHashRefused> {
    let form = ForeignHashRefused::Form;
    let ["", _, cost, rest] = text.split('$').collect::<Vec<_>>()[..] else {
        return Err(form);
    };
    let digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
    let cost: u32 = cost.parse().map_err(|_| form)?;
    if !digits || rest.len() != 53 || cost < 4 {
        return Err(form);
    }
    if cost > MOST {
        return Err(ForeignHashRefused::Cost);
    }
    let (salt, output) = rest.split_at(22);
    let salt = bcrypt_base64(salt)?.try_into().map_err(|_| form)?;
    let output = bcrypt_base64(output)?;
    Ok(BcryptHash { cost, salt, output })
}

impl BcryptHash {
    pub(super) fn kind(&self) -> HashKind {
        HashKind {
            algorithm: "bcrypt",
            cost: format!("cost={}", self.cost),
        }
    }

    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        // The C programs end at a NUL: no hash of theirs is of a password that has one.
        if password.contains(&0) {
            return false;
        }
        let mut key = password.to_vec();
        key.push(0);
        key.truncate(72);
        let output = bcrypt::bcrypt(self.cost, self.salt, &key);
        // The last of the 24 bytes is never written down.
        same(&output[..23], &self.output)
    }
}
