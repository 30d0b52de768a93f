//! What is stored in place of a secret: 32 bytes.
//!
//! A [`Digest`] is the output of SHA-256 (FIPS 180-4) or HMAC-SHA-256. It cannot be used to
//! sign in, but a comparison that stops at the first differing byte would still tell how
//! close a guess came, so equality takes constant time.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;

/// A 256-bit digest or MAC.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

/// Why bytes are not a [`Digest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDigest {
    /// Not 32 bytes long.
    #[error("a digest is exactly 32 bytes long")]
    Length,
}

impl Digest {
    /// The digest with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest with these bytes, as read back from storage; any other length than 32 is
    /// refused.
    pub fn try_from_slice(bytes: &[u8]) -> Result<Self, InvalidDigest> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| InvalidDigest::Length)
    }

    /// SHA-256 of `bytes`. Only for inputs that cannot be guessed, such as 256 random bits.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

/// For keys of maps; the order is that of the bytes and is not constant time.
impl Ord for Digest {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Digest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth, ..] = self.0;
        write!(f, "Digest({first:02x}{second:02x}{third:02x}{fourth:02x}…)")
    }
}

/// The left half of a SHA-512, for `at_hash` beside Ed25519 signatures.
pub fn sha512_left_half(bytes: &[u8]) -> [u8; 32] {
    let mut half = [0; 32];
    half.copy_from_slice(&Sha512::digest(bytes)[..32]);
    half
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    #[test]
    fn sha256_follows_the_example_of_fips_180() {
        let expected = [
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae,
            0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61,
            0xf2, 0x00, 0x15, 0xad,
        ];
        assert_eq!(Digest::sha256(b"abc"), Digest::new(expected));
        assert_eq!(Digest::sha256(b"abc").as_bytes(), &expected);
    }

    #[test]
    fn one_differing_bit_anywhere_makes_another_digest() {
        let digest = Digest::new([7; 32]);
        for index in 0..32 {
            let mut other = [7; 32];
            other[index] ^= 1;
            assert_ne!(digest, Digest::new(other), "byte {index}");
        }
    }

    #[test]
    fn only_32_bytes_are_a_digest() {
        assert_eq!(Digest::try_from_slice(&[1; 32]), Ok(Digest::new([1; 32])));
        for length in [0, 31, 33, 64] {
            assert_eq!(
                Digest::try_from_slice(&vec![1; length]),
                Err(InvalidDigest::Length)
            );
        }
    }

    #[test]
    fn a_digest_is_a_key_of_maps() {
        let digests = [
            Digest::new([1; 32]),
            Digest::new([2; 32]),
            Digest::new([1; 32]),
        ];
        assert_eq!(digests.iter().collect::<HashSet<_>>().len(), 2);
        assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), 2);
    }

    #[test]
    fn a_log_line_shows_four_bytes_at_most() {
        assert_eq!(
            format!("{:?}", Digest::new([0xab; 32])),
            "Digest(abababab…)"
        );
    }
}
