//! Sealing and keyed digests under data keys that are already unwrapped.
//!
//! Two layouts, told apart by their first byte. `1`: under the sealing key, followed by that
//! key's version as four big-endian bytes. `2`: under a key of the caller.
//!
//! **Rotation.** A sealed value names its key's version, so a new sealing key takes over at
//! once, old values stay openable while the old key is loaded, and rows are resealed when
//! they are next written. A MAC names no version: it is made with the newest key only, and
//! what was stored under the one before it would no longer match. Rotating those keys
//! therefore means storing the key's version beside the digest and comparing under that
//! version until every row is rewritten or has expired; for the tokens' key, waiting for the
//! longest lifetime of a token in flight.

use gatelodge_domain::{Digest, SecretBytes};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Vault, VaultError};

use crate::aead;
use crate::hmac::HmacSha256;

const UNDER_SEALING_KEY: u8 = 1;
const UNDER_CALLERS_KEY: u8 = 2;
const VERSION: usize = 4;

/// Data keys, held ready.
pub struct OpensslVault {
    sealing: Versions,
    /// Under a key derived from the sealing key: AES and HMAC never share one.
    sealing_macs: HmacSha256,
    digests: HmacSha256,
    tokens: HmacSha256,
    audit: HmacSha256,
}

/// The keys of one purpose.
struct Versions {
    newest: (u32, SecretBytes),
    older: Vec<(u32, SecretBytes)>,
}

impl OpensslVault {
    /// Takes the data keys as (purpose, version, 32 bytes). Every purpose needs at least one
    /// key, and a version may come once only; anything else is [`VaultError::Failed`].
    pub fn new(mut keys: Vec<(DataKeyPurpose, u32, SecretBytes)>) -> Result<Self, VaultError> {
        let sealing = Versions::take(&mut keys, DataKeyPurpose::Sealing)?;
        let for_macs = sealing
            .newest_for_macs()
            .mac([&b"gatelodge sealing key macs"[..]]);
        Ok(Self {
            sealing,
            sealing_macs: HmacSha256::new(for_macs.as_bytes()),
            digests: Versions::take(&mut keys, DataKeyPurpose::Digests)?.newest_for_macs(),
            tokens: Versions::take(&mut keys, DataKeyPurpose::Tokens)?.newest_for_macs(),
            audit: Versions::take(&mut keys, DataKeyPurpose::Audit)?.newest_for_macs(),
        })
    }
}

impl Versions {
    fn take(
        keys: &mut Vec<(DataKeyPurpose, u32, SecretBytes)>,
        purpose: DataKeyPurpose,
    ) -> Result<Self, VaultError> {
        let unusable = |why: &str| {
            let purpose = purpose.as_str();
            Err(VaultError::Failed(format!(
                "the data keys for {purpose} are not usable: {why}"
            )))
        };
        let mut versions: Vec<_> = keys
            .extract_if(.., |(of, ..)| *of == purpose)
            .map(|(_, version, key)| (version, key))
            .collect();
        versions.sort_by_key(|(version, _)| *version);
        if versions
            .iter()
            .any(|(_, key)| key.expose().len() != aead::KEY)
        {
            return unusable("one does not have 32 bytes");
        }
        if versions.is_sorted_by(|(earlier, _), (later, _)| earlier < later) {
            match versions.pop() {
                Some(newest) => Ok(Self {
                    newest,
                    older: versions,
                }),
                None => unusable("there is none"),
            }
        } else {
            unusable("a version comes twice")
        }
    }

    fn of(&self, version: u32) -> Option<&SecretBytes> {
        core::iter::once(&self.newest)
            .chain(&self.older)
            .find_map(|(of, key)| (*of == version).then_some(key))
    }

    fn newest_for_macs(&self) -> HmacSha256 {
        HmacSha256::new(self.newest.1.expose())
    }
}

impl Vault for OpensslVault {
    fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (version, key) = &self.sealing.newest;
        let mut header = [UNDER_SEALING_KEY; 1 + VERSION];
        header[1..].copy_from_slice(&version.to_be_bytes());
        aead::seal(key, &header, place, plain)
    }

    fn open(&self, place: &str, sealed: &[u8]) -> Result<SecretBytes, VaultError> {
        let (header, body) = sealed
            .split_first_chunk::<{ 1 + VERSION }>()
            .ok_or(VaultError::DoesNotOpen)?;
        let [UNDER_SEALING_KEY, version @ ..] = *header else {
            return Err(VaultError::DoesNotOpen);
        };
        let key = self
            .sealing
            .of(u32::from_be_bytes(version))
            .ok_or(VaultError::DoesNotOpen)?;
        aead::open(key, header, place, body)
    }

    fn seal_under(
        &self,
        key: &SecretBytes,
        place: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        aead::seal(key, &[UNDER_CALLERS_KEY], place, plain)
    }

    fn open_under(
        &self,
        key: &SecretBytes,
        place: &str,
        sealed: &[u8],
    ) -> Result<SecretBytes, VaultError> {
        match sealed.split_first() {
            Some((&UNDER_CALLERS_KEY, body)) => aead::open(key, &[UNDER_CALLERS_KEY], place, body),
            _ => Err(VaultError::DoesNotOpen),
        }
    }

    fn mac(&self, purpose: DataKeyPurpose, parts: &[&[u8]]) -> Digest {
        let key = match purpose {
            DataKeyPurpose::Sealing => &self.sealing_macs,
            DataKeyPurpose::Digests => &self.digests,
            DataKeyPurpose::Tokens => &self.tokens,
            DataKeyPurpose::Audit => &self.audit,
        };
        key.mac_of_parts(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretBytes {
        SecretBytes::new(vec![byte; 32])
    }

    fn keys() -> Vec<(DataKeyPurpose, u32, SecretBytes)> {
        let purposes = DataKeyPurpose::ALL.into_iter();
        purposes
            .zip(1..)
            .map(|(purpose, byte)| (purpose, 1, key(byte)))
            .collect()
    }

    fn with(more: (DataKeyPurpose, u32, SecretBytes)) -> Vec<(DataKeyPurpose, u32, SecretBytes)> {
        keys().into_iter().chain([more]).collect()
    }

    const PLACE: &str = "default|signing_key|abc|private";

    #[test]
    fn a_sealed_value_opens_where_it_was_put_and_nowhere_else() {
        let vault = OpensslVault::new(keys()).unwrap();
        let sealed = vault.seal(PLACE, b"secret").unwrap();
        assert_eq!(vault.open(PLACE, &sealed).unwrap().expose(), b"secret");
        let elsewhere = vault.open("other|signing_key|abc|private", &sealed);
        assert_eq!(elsewhere.err(), Some(VaultError::DoesNotOpen));
    }

    #[test]
    fn a_nonce_is_not_used_twice() {
        let vault = OpensslVault::new(keys()).unwrap();
        assert_ne!(
            vault.seal(PLACE, b"x").unwrap(),
            vault.seal(PLACE, b"x").unwrap()
        );
    }

    #[test]
    fn an_old_version_opens_while_it_is_loaded_and_the_newest_seals() {
        let before = OpensslVault::new(keys()).unwrap();
        let old = before.seal(PLACE, b"secret").unwrap();
        let after = OpensslVault::new(with((DataKeyPurpose::Sealing, 2, key(9)))).unwrap();
        assert_eq!(after.open(PLACE, &old).unwrap().expose(), b"secret");
        let new = after.seal(PLACE, b"secret").unwrap();
        assert_eq!(new[..5], [UNDER_SEALING_KEY, 0, 0, 0, 2]);
        assert_eq!(after.open(PLACE, &new).unwrap().expose(), b"secret");
        assert_eq!(
            before.open(PLACE, &new).err(),
            Some(VaultError::DoesNotOpen)
        );
    }

    #[test]
    fn a_value_cannot_be_moved_to_another_version_of_the_same_key() {
        let twice_the_same = with((DataKeyPurpose::Sealing, 2, key(1)));
        let vault = OpensslVault::new(twice_the_same).unwrap();
        let mut sealed = vault.seal(PLACE, b"secret").unwrap();
        sealed[4] = 1;
        assert_eq!(
            vault.open(PLACE, &sealed).err(),
            Some(VaultError::DoesNotOpen)
        );
    }

    #[test]
    fn a_callers_key_opens_what_it_sealed_and_the_sealing_key_does_not() {
        let vault = OpensslVault::new(keys()).unwrap();
        let (mine, other) = (key(40), key(41));
        let sealed = vault.seal_under(&mine, PLACE, b"page").unwrap();
        assert_eq!(
            vault.open_under(&mine, PLACE, &sealed).unwrap().expose(),
            b"page"
        );
        assert!(vault.open_under(&other, PLACE, &sealed).is_err());
        assert!(vault.open_under(&mine, "elsewhere", &sealed).is_err());
        assert!(vault.open(PLACE, &sealed).is_err());
        let own = vault.seal(PLACE, b"row").unwrap();
        assert!(vault.open_under(&key(1), PLACE, &own).is_err());
    }

    #[test]
    fn garbage_does_not_open() {
        let vault = OpensslVault::new(keys()).unwrap();
        for length in 0..40 {
            for byte in 0..3 {
                let garbage = vec![byte; length];
                assert_eq!(
                    vault.open(PLACE, &garbage).err(),
                    Some(VaultError::DoesNotOpen)
                );
                let opened = vault.open_under(&key(1), PLACE, &garbage);
                assert_eq!(opened.err(), Some(VaultError::DoesNotOpen));
            }
        }
    }

    #[test]
    fn every_purpose_has_macs_of_its_own_under_its_newest_key() {
        let vault = OpensslVault::new(keys()).unwrap();
        let macs = DataKeyPurpose::ALL.map(|purpose| vault.mac(purpose, &[b"token"]));
        for (index, mac) in macs.iter().enumerate() {
            assert!(!macs[index + 1..].contains(mac), "purpose {index}");
        }
        let rotated = OpensslVault::new(with((DataKeyPurpose::Tokens, 2, key(9)))).unwrap();
        let rotated = DataKeyPurpose::ALL.map(|purpose| rotated.mac(purpose, &[b"token"]));
        let same: Vec<bool> = macs
            .iter()
            .zip(&rotated)
            .map(|(one, other)| one == other)
            .collect();
        assert_eq!(same, [true, true, false, true]);
    }

    #[test]
    fn missing_short_and_doubled_keys_are_refused() {
        for purpose in DataKeyPurpose::ALL {
            let without = keys()
                .into_iter()
                .filter(|(of, ..)| *of != purpose)
                .collect();
            assert!(OpensslVault::new(without).is_err());
            assert!(OpensslVault::new(with((purpose, 1, key(9)))).is_err());
            assert!(OpensslVault::new(with((purpose, 2, SecretBytes::new(vec![9; 31])))).is_err());
            assert!(OpensslVault::new(with((purpose, 2, key(9)))).is_ok());
        }
    }
}
