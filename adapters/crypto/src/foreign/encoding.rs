//! The kinds of base64 that password hashes are written in, and their numbers.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gatelodge_ports::hasher::ForeignHashRefused;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// RFC 4648 §4, padded or not.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, ForeignHashRefused> {
    let engine = GeneralPurpose::new(&STANDARD, LENIENT);
    engine.decode(text).map_err(|_| ForeignHashRefused::Form)
}

/// The same, where passlib writes `.` for `+`.
pub(super) fn adapted_base64(text: &str) -> Result<Vec<u8>, ForeignHashRefused> {
    base64(&text.replace('.', "+"))
}

/// bcrypt's own alphabet.
pub(super) fn bcrypt_base64(text: &str) -> Result<Vec<u8>, ForeignHashRefused> {
    const ALPHABET: Alphabet = base64::alphabet::BCRYPT;
    let engine = GeneralPurpose::new(&ALPHABET, LENIENT);
    engine.decode(text).map_err(|_| ForeignHashRefused::Form)
}

/// A decimal number without a sign or zeros in front.
pub(super) fn number(text: &str) -> Result<u32, ForeignHashRefused> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let parsed = if plain { text.parse().ok() } else { None };
    parsed.ok_or(ForeignHashRefused::Form)
}

/// The number behind `name=`.
pub(super) fn named(text: &str, name: &str) -> Result<u32, ForeignHashRefused> {
    let value = text
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='));
    number(value.ok_or(ForeignHashRefused::Form)?)
}

/// A digest that is long enough not to be met by chance.
pub(super) fn digest(bytes: Vec<u8>) -> Result<Vec<u8>, ForeignHashRefused> {
    if (16..=128).contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(ForeignHashRefused::Form)
    }
}
