//! AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, in one layout for everybody:
//! `header | nonce (12) | ciphertext | tag (16)`.
//!
//! The header (a format byte and, where there is one, a key version) is authenticated with
//! the place, so nobody can turn one kind of sealed value into another. SP 800-38D §8.3
//! allows 2^32 seals with random nonces under one key; rotate the key long before that.

use std::sync::LazyLock;

use gatelodge_domain::SecretBytes;
use gatelodge_ports::{Rng as _, VaultError};
use openssl::cipher::{Cipher, CipherRef};
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use zeroize::Zeroizing;

use crate::random::OpensslRng;

/// Bytes of a key.
pub(crate) const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Seals `plain`; the answer starts with `header`. The key must have [`KEY`] bytes.
pub(crate) fn seal(
    key: &SecretBytes,
    header: &[u8],
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let key = checked(key)?;
    let mut nonce = [0u8; NONCE];
    OpensslRng.fill(&mut nonce);
    let mut sealed = Vec::with_capacity(header.len() + NONCE + plain.len() + TAG);
    sealed.extend_from_slice(header);
    sealed.extend_from_slice(&nonce);
    encrypt(key, &nonce, [header, place.as_bytes()], plain, &mut sealed).map_err(failed)?;
    Ok(sealed)
}

/// Opens what [`seal`] made with the same key, header and place; `sealed` is what follows the
/// header.
pub(crate) fn open(
    key: &SecretBytes,
    header: &[u8],
    place: &str,
    sealed: &[u8],
) -> Result<SecretBytes, VaultError> {
    let key = checked(key)?;
    let (nonce, rest) = sealed
        .split_first_chunk::<NONCE>()
        .ok_or(VaultError::DoesNotOpen)?;
    let (ciphertext, tag) = rest
        .split_last_chunk::<TAG>()
        .ok_or(VaultError::DoesNotOpen)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
    decrypt(
        key,
        nonce,
        [header, place.as_bytes()],
        ciphertext,
        tag,
        &mut plain,
    )
    .map_err(|_| VaultError::DoesNotOpen)?;
    Ok(SecretBytes::new(std::mem::take(&mut *plain)))
}

fn checked(key: &SecretBytes) -> Result<&[u8], VaultError> {
    let key = key.expose().as_slice();
    if key.len() == KEY {
        Ok(key)
    } else {
        Err(VaultError::Failed(format!(
            "a key has {KEY} bytes, this one has {}",
            key.len()
        )))
    }
}

fn encrypt(
    key: &[u8],
    nonce: &[u8; NONCE],
    associated: [&[u8]; 2],
    plain: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), ErrorStack> {
    let mut context = CipherCtx::new()?;
    context.encrypt_init(Some(cipher()), Some(key), Some(nonce))?;
    for data in associated {
        context.cipher_update(data, None)?;
    }
    append(&mut context, plain, sealed)?;
    context.cipher_final(&mut [])?;
    let mut tag = [0u8; TAG];
    context.tag(&mut tag)?;
    sealed.extend_from_slice(&tag);
    Ok(())
}

fn decrypt(
    key: &[u8],
    nonce: &[u8; NONCE],
    associated: [&[u8]; 2],
    ciphertext: &[u8],
    tag: &[u8; TAG],
    plain: &mut Vec<u8>,
) -> Result<(), ErrorStack> {
    let mut context = CipherCtx::new()?;
    context.decrypt_init(Some(cipher()), Some(key), Some(nonce))?;
    context.set_tag(tag)?;
    for data in associated {
        context.cipher_update(data, None)?;
    }
    append(&mut context, ciphertext, plain)?;
    // The tag is compared here; until it has matched, nobody sees `plain`.
    context.cipher_final(&mut [])?;
    Ok(())
}

/// Looked up once. One that comes by OpenSSL's older names is looked up at each use, a third of
/// what sealing an event takes.
fn cipher() -> &'static CipherRef {
    static CIPHER: LazyLock<Option<Cipher>> =
        LazyLock::new(|| Cipher::fetch(None, "AES-256-GCM", None).ok());
    CIPHER.as_deref().unwrap_or_else(Cipher::aes_256_gcm)
}

/// Runs the whole input through the cipher. GCM is a stream: as much comes out as goes in, so
/// the output fits the capacity that was reserved and is never copied to another place.
fn append(context: &mut CipherCtx, input: &[u8], output: &mut Vec<u8>) -> Result<(), ErrorStack> {
    let start = output.len();
    output.resize(start + input.len(), 0);
    if !input.is_empty() {
        context.cipher_update(input, Some(&mut output[start..]))?;
    }
    Ok(())
}

fn failed(error: impl core::fmt::Display) -> VaultError {
    VaultError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
            .collect()
    }

    /// Test case 16 of the specification of GCM (McGrew and Viega, appendix B).
    #[test]
    fn the_published_gcm_test_case_16_comes_out() {
        let key = unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let nonce = unhex("cafebabefacedbaddecaf888");
        let associated = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plain = unhex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let expected = unhex(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
        );
        let mut sealed = Vec::new();
        let (first, second) = associated.split_at(3);
        encrypt(
            &key,
            nonce.first_chunk().unwrap(),
            [first, second],
            &plain,
            &mut sealed,
        )
        .unwrap();
        assert_eq!(sealed, expected);
    }

    #[test]
    fn nothing_but_the_whole_value_opens() {
        let key = SecretBytes::new(vec![1; KEY]);
        for plain in [&b""[..], b"x", &[9; 1000]] {
            let sealed = seal(&key, &[1], "place", plain).unwrap();
            let body = &sealed[1..];
            assert_eq!(open(&key, &[1], "place", body).unwrap().expose(), plain);
            for index in 0..body.len() {
                let mut changed = body.to_vec();
                changed[index] ^= 1;
                let opened = open(&key, &[1], "place", &changed);
                assert_eq!(opened.err(), Some(VaultError::DoesNotOpen), "byte {index}");
            }
            for length in 0..body.len() {
                let opened = open(&key, &[1], "place", &body[..length]);
                assert_eq!(
                    opened.err(),
                    Some(VaultError::DoesNotOpen),
                    "length {length}"
                );
            }
            assert!(open(&key, &[2], "place", body).is_err());
            assert!(open(&key, &[1], "other", body).is_err());
            assert!(open(&SecretBytes::new(vec![2; KEY]), &[1], "place", body).is_err());
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused_and_never_cut() {
        let long = SecretBytes::new(vec![1; KEY + 1]);
        assert!(matches!(
            seal(&long, &[1], "p", b"x"),
            Err(VaultError::Failed(_))
        ));
        let short = SecretBytes::new(vec![1; KEY - 1]);
        assert!(matches!(
            open(&short, &[1], "p", &[0; 64]),
            Err(VaultError::Failed(_))
        ));
    }
}
