//! Secrets sealed under a passphrase: the keys that leave the house in a copy of it.
//!
//! The key is derived by Argon2id (RFC 9106) at a cost that nobody pays twice a day, and seals
//! by AES-256-GCM. The layout says its own cost, so that a later release may raise it:
//! `format (1) | memory KiB (4) | passes (4) | lanes (4) | salt (16) | nonce | ciphertext | tag`,
//! numbers big-endian. Everything before the nonce is authenticated.

use argon2::{Algorithm, Argon2, Params, Version};
use gatelodge_domain::{SecretBytes, SecretText};
use gatelodge_ports::{Rng, VaultError};
use zeroize::Zeroizing;

use crate::aead;

const FORMAT: u8 = 1;
const SALT: usize = 16;
const HEADER: usize = 1 + 3 * 4 + SALT;
const PLACE: &str = "gatelodge sealed under a passphrase";

/// 256 MiB and three passes: about a second, and no bargain for a machine full of graphics
/// processors.
const COST: [u32; 3] = [256 * 1024, 3, 1];
/// A file is not trusted with our memory and time: 1 GiB, 64 passes, 16 lanes at most.
const MOST: [u32; 3] = [1024 * 1024, 64, 16];

/// Seals `plain` under a passphrase. Takes about a second and 256 MiB.
pub fn seal_under_passphrase(
    passphrase: &SecretText,
    plain: &SecretBytes,
    rng: &dyn Rng,
) -> Result<Vec<u8>, VaultError> {
    let mut header = Vec::with_capacity(HEADER);
    header.push(FORMAT);
    for number in COST {
        header.extend_from_slice(&number.to_be_bytes());
    }
    header.extend_from_slice(&rng.bytes::<SALT>());
    let key = derive(passphrase, &header)?;
    aead::seal(&key, &header, PLACE, plain.expose())
}

/// Opens what [`seal_under_passphrase`] made. [`VaultError::DoesNotOpen`] for another
/// passphrase, and for anything that was changed.
pub fn open_under_passphrase(
    passphrase: &SecretText,
    sealed: &[u8],
) -> Result<SecretBytes, VaultError> {
    let (header, body) = sealed
        .split_at_checked(HEADER)
        .ok_or(VaultError::DoesNotOpen)?;
    let key = derive(passphrase, header)?;
    aead::open(&key, header, PLACE, body)
}

fn derive(passphrase: &SecretText, header: &[u8]) -> Result<SecretBytes, VaultError> {
    let (cost, salt) = read(header).ok_or(VaultError::DoesNotOpen)?;
    let [memory, passes, lanes] = cost;
    let params = Params::new(memory, passes, lanes, Some(aead::KEY)).map_err(failed)?;
    let mut key = Zeroizing::new(vec![0; aead::KEY]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose().as_bytes(), salt, &mut key)
        .map_err(failed)?;
    Ok(SecretBytes::new(std::mem::take(&mut *key)))
}

/// Cost and salt of a header.
fn read(header: &[u8]) -> Option<([u32; 3], &[u8])> {
    let (&FORMAT, rest) = header.split_first()? else {
        return None;
    };
    let (numbers, salt) = rest.split_first_chunk::<12>()?;
    let mut cost = [0; 3];
    for (number, bytes) in cost.iter_mut().zip(numbers.as_chunks::<4>().0) {
        *number = u32::from_be_bytes(*bytes);
    }
    let is_bounded = cost.iter().zip(MOST).all(|(wanted, most)| *wanted <= most);
    is_bounded.then_some((cost, salt))
}

fn failed(error: impl core::fmt::Display) -> VaultError {
    VaultError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpensslRng;

    #[test]
    fn only_the_passphrase_opens_and_a_change_is_found_out() {
        let passphrase = SecretText::new("correct horse battery staple".to_owned());
        let other = SecretText::new("correct horse battery stapler".to_owned());
        let plain = SecretBytes::new(b"two keys".to_vec());
        let sealed = seal_under_passphrase(&passphrase, &plain, &OpensslRng).unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"two keys"));
        let opened = open_under_passphrase(&passphrase, &sealed).unwrap();
        assert_eq!(opened.expose(), plain.expose());
        let refused = Some(VaultError::DoesNotOpen);
        assert_eq!(open_under_passphrase(&other, &sealed).err(), refused);
        // Format, salt, nonce, ciphertext, tag.
        for at in [0, 13, HEADER, HEADER + 12, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            let opened = open_under_passphrase(&passphrase, &changed);
            assert_eq!(opened.err(), refused, "byte {at}");
        }
        for length in [0, HEADER - 1, HEADER, sealed.len() - 1] {
            let opened = open_under_passphrase(&passphrase, &sealed[..length]);
            assert_eq!(opened.err(), refused, "{length} bytes");
        }
    }

    #[test]
    fn a_file_cannot_ask_for_unbounded_work() {
        let passphrase = SecretText::new("anything".to_owned());
        for (at, most) in MOST.iter().enumerate() {
            let mut header = vec![FORMAT];
            for (index, number) in COST.iter().enumerate() {
                let number = if index == at { most + 1 } else { *number };
                header.extend_from_slice(&number.to_be_bytes());
            }
            header.extend_from_slice(&[0; SALT + 64]);
            let opened = open_under_passphrase(&passphrase, &header);
            assert_eq!(opened.err(), Some(VaultError::DoesNotOpen));
        }
    }
}
