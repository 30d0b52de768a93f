//! Salted SHA of directories (RFC 2307 and its successors): `{SSHA}`, `{SSHA256}`, `{SSHA512}`,
//! then base64 of digest and salt. A single hash is next to no protection, which is why these
//! are replaced at the first good sign-in.

use gatelodge_ports::hasher::{ForeignHashRefused, HashKind};
use openssl::hash::{Hasher, MessageDigest};

use super::encoding::base64;
use super::same;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SaltedSha {
    hash: Hash,
    salt: Vec<u8>,
    output: Vec<u8>,
}

pub(super) fn parse(text: &str) -> Result<SaltedSha, ForeignHashRefused> {
    let form = ForeignHashRefused::Form;
    let rest = text.strip_prefix('{').ok_or(form)?;
    let (scheme, encoded) = rest.split_once('}').ok_or(form)?;
    let hash = match scheme.to_ascii_uppercase().as_str() {
        "SSHA" => Hash::Sha1,
        "SSHA256" => Hash::Sha256,
        "SSHA512" => Hash::Sha512,
        _ => return Err(form),
    };
    let mut output = base64(encoded)?;
    let size = hash.digest().size();
    // Without salt it would be the same hash for everybody with that password.
    if !(size + 1..=size + 64).contains(&output.len()) {
        return Err(form);
    }
    let salt = output.split_off(size);
    Ok(SaltedSha { hash, salt, output })
}

impl SaltedSha {
    pub(super) fn kind(&self) -> HashKind {
        HashKind {
            algorithm: match self.hash {
                Hash::Sha1 => "ssha",
                Hash::Sha256 => "ssha256",
                Hash::Sha512 => "ssha512",
            },
            cost: String::new(),
        }
    }

    pub(super) fn is_of(&self, password: &[u8]) -> Result<bool, String> {
        let digest = || {
            let mut hasher = Hasher::new(self.hash.digest())?;
            hasher.update(password)?;
            hasher.update(&self.salt)?;
            hasher.finish()
        };
        let digest = digest().map_err(|error| error.to_string())?;
        Ok(same(&digest, &self.output))
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
