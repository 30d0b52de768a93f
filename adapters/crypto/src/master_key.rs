//! The master key: 256 random bits that wrap data keys with AES-256-GCM, and nothing else.
//!
//! As text it is one line, `gl_mk_` and 43 characters of base64url, so that secret scanners
//! and people recognise it wherever it turns up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::{Digest, SecretBytes, SecretText};
use gatelodge_ports::{MasterKey, Rng, VaultError};
use zeroize::Zeroizing;

use crate::aead;
use crate::hmac::HmacSha256;

const PREFIX: &str = "gl_mk_";
const CHARACTERS: usize = 43;
const WRAPPED: u8 = 1;
const CHECK: &[u8] = b"gatelodge master key check v1";

/// A master key in memory.
pub struct Aes256MasterKey(SecretBytes);

/// Why a text or bytes are not a master key. Says nothing of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMasterKey {
    /// The text is something else.
    #[error("a master key is one line that starts with {PREFIX}")]
    Prefix,
    /// Cut off, or with something behind it.
    #[error("after {PREFIX}, a master key has exactly {CHARACTERS} characters and then a line end")]
    Length,
    /// Not base64url.
    #[error("after {PREFIX}, a master key is base64url (A-Z, a-z, 0-9, - and _) of 32 bytes")]
    Characters,
    /// Raw bytes of another length.
    #[error("a master key has exactly 32 bytes")]
    Bytes,
}

impl Aes256MasterKey {
    /// A new key.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = vec![0; aead::KEY];
        rng.fill(&mut bytes);
        Self(SecretBytes::new(bytes))
    }

    /// The key with these 32 bytes.
    pub fn from_bytes(bytes: SecretBytes) -> Result<Self, InvalidMasterKey> {
        if bytes.expose().len() == aead::KEY {
            Ok(Self(bytes))
        } else {
            Err(InvalidMasterKey::Bytes)
        }
    }

    /// The line of the key file, with its line end.
    pub fn to_text(&self) -> SecretText {
        let mut text = String::with_capacity(PREFIX.len() + CHARACTERS + 1);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(self.0.expose(), &mut text);
        text.push('\n');
        SecretText::new(text)
    }

    /// Reads what [`Aes256MasterKey::to_text`] wrote. The line end may be missing, as in an
    /// environment variable; any other deviation is refused, because a key that is nearly
    /// right would open nothing.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let encoded = line.strip_prefix(PREFIX).ok_or(InvalidMasterKey::Prefix)?;
        if encoded.len() != CHARACTERS {
            return Err(InvalidMasterKey::Length);
        }
        // The decoder wants room for whole groups of four characters.
        let mut bytes = Zeroizing::new([0u8; aead::KEY + 1]);
        let length = URL_SAFE_NO_PAD
            .decode_slice(encoded, &mut *bytes)
            .map_err(|_| InvalidMasterKey::Characters)?;
        Self::from_bytes(SecretBytes::new(bytes[..length].to_vec()))
    }
}

impl MasterKey for Aes256MasterKey {
    fn wrap(&self, label: &str, key: &SecretBytes) -> Result<Vec<u8>, VaultError> {
        aead::seal(&self.0, &[WRAPPED], label, key.expose())
    }

    fn unwrap_key(&self, label: &str, wrapped: &[u8]) -> Result<SecretBytes, VaultError> {
        match wrapped.split_first() {
            Some((&WRAPPED, body)) => aead::open(&self.0, &[WRAPPED], label, body),
            _ => Err(VaultError::DoesNotOpen),
        }
    }

    fn check_value(&self) -> Digest {
        HmacSha256::new(self.0.expose()).mac([CHECK])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpensslRng;

    fn key() -> Aes256MasterKey {
        Aes256MasterKey::from_bytes(SecretBytes::new((0..32).collect())).unwrap()
    }

    #[test]
    fn the_text_is_one_recognisable_line_and_reads_back() {
        let text = key().to_text();
        assert_eq!(
            text.expose(),
            "gl_mk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
        );
        for text in [text.expose().as_str(), text.expose().trim_end()] {
            let read = Aes256MasterKey::parse(text).unwrap();
            assert_eq!(read.check_value(), key().check_value());
        }
    }

    #[test]
    fn a_damaged_text_is_refused_with_the_reason() {
        let good = key().to_text().expose().trim_end().to_owned();
        let refused = |text: &str| Aes256MasterKey::parse(text).err();
        assert_eq!(refused(""), Some(InvalidMasterKey::Prefix));
        assert_eq!(
            refused(&good.to_uppercase()),
            Some(InvalidMasterKey::Prefix)
        );
        assert_eq!(refused(&format!(" {good}")), Some(InvalidMasterKey::Prefix));
        assert_eq!(
            refused(&good[..good.len() - 1]),
            Some(InvalidMasterKey::Length)
        );
        assert_eq!(
            refused(&format!("{good}\n\n")),
            Some(InvalidMasterKey::Length)
        );
        assert_eq!(
            refused(&format!("{good}\r\n")),
            Some(InvalidMasterKey::Length)
        );
        assert_eq!(refused(&format!("{good}=")), Some(InvalidMasterKey::Length));
        assert_eq!(
            refused(&good.replace("AAEC", "AA+C")),
            Some(InvalidMasterKey::Characters)
        );
        // The last character carries two bits that belong to no byte.
        assert_eq!(
            refused(&good.replace("Hh8", "Hh9")),
            Some(InvalidMasterKey::Characters)
        );
    }

    #[test]
    fn a_data_key_unwraps_under_its_label_and_its_master_key_only() {
        let data_key = SecretBytes::new(vec![5; 32]);
        let wrapped = key().wrap("sealing|1", &data_key).unwrap();
        let unwrapped = key().unwrap_key("sealing|1", &wrapped).unwrap();
        assert_eq!(unwrapped.expose(), data_key.expose());
        let refused = Some(VaultError::DoesNotOpen);
        assert_eq!(key().unwrap_key("tokens|1", &wrapped).err(), refused);
        let other = Aes256MasterKey::generate(&OpensslRng);
        assert_eq!(other.unwrap_key("sealing|1", &wrapped).err(), refused);
        assert_eq!(key().unwrap_key("sealing|1", &[]).err(), refused);
    }

    #[test]
    fn the_check_value_tells_keys_apart_and_is_not_the_key() {
        let one = Aes256MasterKey::generate(&OpensslRng);
        let other = Aes256MasterKey::generate(&OpensslRng);
        assert_eq!(one.check_value(), one.check_value());
        assert_ne!(one.check_value(), other.check_value());
        assert!(!one.0.matches(one.check_value().as_bytes()));
    }

    #[test]
    fn bytes_of_another_length_are_refused() {
        for length in [0, 31, 33] {
            let bytes = SecretBytes::new(vec![1; length]);
            assert_eq!(
                Aes256MasterKey::from_bytes(bytes).err(),
                Some(InvalidMasterKey::Bytes)
            );
        }
    }
}
