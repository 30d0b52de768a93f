//! HMAC-SHA-256 (RFC 2104, FIPS 198-1) with a held key.
//!
//! RFC 2104 §4 describes it: the hash states after the two padded key blocks are computed
//! once and copied for each message. That needs no allocation, cannot fail, and is several
//! times quicker than setting up OpenSSL's generic MAC context for every short message.

use gatelodge_domain::Digest;
use openssl::sha::{Sha256, sha256};
use zeroize::Zeroizing;

const BLOCK: usize = 64;

/// A held HMAC-SHA-256 key.
pub(crate) struct HmacSha256 {
    inner: Sha256,
    outer: Sha256,
}

impl HmacSha256 {
    /// Absorbs the key.
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0u8; BLOCK]);
        if key.len() > BLOCK {
            let hashed = Zeroizing::new(sha256(key));
            block[..hashed.len()].copy_from_slice(&*hashed);
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        Self {
            inner: padded(&block, 0x36),
            outer: padded(&block, 0x5c),
        }
    }

    /// The MAC of the pieces put end to end.
    pub(crate) fn mac<'piece>(&self, pieces: impl IntoIterator<Item = &'piece [u8]>) -> Digest {
        let mut inner = self.inner.clone();
        for piece in pieces {
            inner.update(piece);
        }
        self.finish(inner)
    }

    /// The MAC of the parts, each after its length as eight bytes, so that what stands in one
    /// part cannot be moved to its neighbour: no two lists of parts give the same input.
    pub(crate) fn mac_of_parts(&self, parts: &[&[u8]]) -> Digest {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(&(part.len() as u64).to_be_bytes());
            inner.update(part);
        }
        self.finish(inner)
    }

    fn finish(&self, inner: Sha256) -> Digest {
        let mut outer = self.outer.clone();
        outer.update(&inner.finish());
        Digest::new(outer.finish())
    }
}

fn padded(block: &[u8; BLOCK], pad: u8) -> Sha256 {
    let block = Zeroizing::new(block.map(|byte| byte ^ pad));
    let mut state = Sha256::new();
    state.update(&*block);
    state
}

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::sign::Signer;

    use super::*;

    /// A digest written as one hexadecimal number.
    fn of(text: &str) -> Digest {
        let byte = |index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap();
        Digest::new(core::array::from_fn(byte))
    }

    #[test]
    fn rfc_4231_test_cases_1_2_3_and_6() {
        let cases: [(&[u8], &[u8], &str); 4] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(HmacSha256::new(key).mac([message]), of(expected));
        }
    }

    #[test]
    fn it_agrees_with_the_hmac_of_openssl_at_every_length() {
        for length in 1..=130u8 {
            let key: Vec<u8> = (0..length).collect();
            let message: Vec<u8> = (0..length).rev().collect();
            let theirs = Signer::new(MessageDigest::sha256(), &PKey::hmac(&key).unwrap())
                .unwrap()
                .sign_oneshot_to_vec(&message)
                .unwrap();
            assert_eq!(
                HmacSha256::new(&key).mac([&*message]).as_bytes()[..],
                theirs
            );
        }
    }

    #[test]
    fn pieces_are_joined_and_parts_are_kept_apart() {
        let key = HmacSha256::new(&[7; 32]);
        assert_eq!(key.mac([&b"ab"[..], b"c"]), key.mac([&b"a"[..], b"bc"]));
        assert_ne!(
            key.mac_of_parts(&[b"ab", b"c"]),
            key.mac_of_parts(&[b"a", b"bc"])
        );
        assert_ne!(key.mac_of_parts(&[b"ab"]), key.mac_of_parts(&[b"ab", b""]));
        assert_eq!(
            key.mac_of_parts(&[b"ab", b"c"]),
            key.mac_of_parts(&[b"ab", b"c"])
        );
    }
}
