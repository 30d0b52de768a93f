//! scrypt (RFC 7914): the PHC string `$scrypt$ln=16,r=8,p=1$salt$hash` and Django's
//! `scrypt$salt$16384$8$5$hash`, whose salt is the text itself.

use gatelodge_ports::hasher::{ForeignHashRefused, HashKind};
use openssl::pkcs5;

use super::encoding::{adapted_base64, base64, digest, named, number};
use super::same;

/// The most memory of one try: 128 MiB.
const MOST_MEMORY: u64 = 128 << 20;
/// N · r · p; about a second of one processor.
const MOST_WORK: u64 = 1 << 21;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScryptHash {
    n: u64,
    r: u64,
    p: u64,
    salt: Vec<u8>,
    output: Vec<u8>,
}

pub(super) fn parse(text: &str) -> Result<ScryptHash, ForeignHashRefused> {
    let fields: Vec<&str> = text.split('$').collect();
    let hash = match fields.as_slice() {
        ["", "scrypt", cost, salt, output] => {
            let [ln, r, p] = cost.split(',').collect::<Vec<_>>()[..] else {
                return Err(ForeignHashRefused::Form);
            };
            let ln = named(ln, "ln")?;
            let n = 1_u64.checked_shl(ln).filter(|_| ln < 40);
            ScryptHash {
                n: n.ok_or(ForeignHashRefused::Cost)?,
                r: named(r, "r")?.into(),
                p: named(p, "p")?.into(),
                salt: adapted_base64(salt)?,
                output: digest(adapted_base64(output)?)?,
            }
        }
        ["scrypt", salt, n, r, p, output] => ScryptHash {
            n: number(n)?.into(),
            r: number(r)?.into(),
            p: number(p)?.into(),
            salt: salt.as_bytes().to_vec(),
            output: digest(base64(output)?)?,
        },
        _ => return Err(ForeignHashRefused::Form),
    };
    if !hash.n.is_power_of_two() || hash.n < 2 {
        return Err(ForeignHashRefused::Form);
    }
    let blocks = hash.n.saturating_mul(hash.r);
    if blocks.saturating_mul(128) > MOST_MEMORY || blocks.saturating_mul(hash.p) > MOST_WORK {
        return Err(ForeignHashRefused::Cost);
    }
    Ok(hash)
}

impl ScryptHash {
    pub(super) fn kind(&self) -> HashKind {
        HashKind {
            algorithm: "scrypt",
            cost: format!("n={},r={},p={}", self.n, self.r, self.p),
        }
    }

    pub(super) fn is_of(&self, password: &[u8]) -> Result<bool, String> {
        let mut output = vec![0; self.output.len()];
        let Self { n, r, p, .. } = *self;
        // OpenSSL counts its own small needs against the limit too.
        let memory = MOST_MEMORY + (8 << 20);
        pkcs5::scrypt(password, &self.salt, n, r, p, memory, &mut output)
            .map_err(|error| error.to_string())?;
        Ok(same(&output, &self.output))
    }
}
