//! Time-ordered identifiers that know what they identify.
//!
//! An [`Id<T>`] is 128 bits in the UUIDv7 layout (RFC 9562 §5.7): 48 bits of Unix
//! milliseconds, then randomness. Rows made together sit together in an index, and an id of
//! a client cannot be passed where one of a user is wanted. Clock and randomness come from
//! the caller. The text form is 26 lowercase base32 characters (RFC 4648 §6): safe in URLs
//! and file names, without a hyphen that stops a double click. That alphabet does not sort
//! like the number, so nothing may order by the text.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

use crate::time::Timestamp;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const TEXT_LENGTH: usize = 26;
const BITS_PER_CHARACTER: usize = 5;
const MAX_UNIX_MILLIS: i64 = (1 << 48) - 1;

/// A 128-bit identifier of a `T`; `T` is only a label and needs no trait.
pub struct Id<T> {
    value: u128,
    of: PhantomData<fn() -> T>,
}

/// Why a text is not an [`Id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not 26 characters long.
    #[error("an id is exactly 26 characters long")]
    Length,
    /// A character outside the alphabet; upper case counts.
    #[error("an id is written with the characters a-z and 2-7 only")]
    Character,
    /// The 26 characters say a number of more than 128 bits.
    #[error("an id starts with a letter from a to h, because it has 128 bits")]
    TooLarge,
}

impl<T> Id<T> {
    /// The UUIDv7 of `now` and 74 of the 80 `random` bits. A time before the epoch counts as
    /// the epoch, one past 48 bits (the year 10889) as the last that fits.
    #[expect(
        clippy::cast_sign_loss,
        reason = "the milliseconds are clamped to 0 and above"
    )]
    pub const fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = match now.as_millis() {
            before if before < 0 => 0,
            after if after > MAX_UNIX_MILLIS => MAX_UNIX_MILLIS,
            millis => millis,
        };
        let mut bits: u128 = 0;
        let mut index = 0;
        while index < random.len() {
            bits = (bits << 8) | random[index] as u128;
            index += 1;
        }
        let rand_a = (bits >> 62) & 0xfff;
        let rand_b = bits & ((1 << 62) - 1);
        Self::from_u128(
            ((millis as u128) << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b,
        )
    }

    /// The smallest id of that millisecond: every id made then or later is not smaller, every
    /// one made before is.
    #[expect(
        clippy::cast_sign_loss,
        reason = "the milliseconds are clamped to 0 and above"
    )]
    pub const fn first_at(moment: Timestamp) -> Self {
        let millis = match moment.as_millis() {
            before if before < 0 => 0,
            after if after > MAX_UNIX_MILLIS => MAX_UNIX_MILLIS,
            millis => millis,
        };
        Self::from_u128((millis as u128) << 80)
    }

    /// The id with this number, as read back from storage. The layout is not checked.
    pub const fn from_u128(value: u128) -> Self {
        Self {
            value,
            of: PhantomData,
        }
    }

    /// The id as a number.
    pub const fn as_u128(self) -> u128 {
        self.value
    }

    /// The id with these big-endian bytes, as read back from storage.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from_u128(u128::from_be_bytes(bytes))
    }

    /// The id as big-endian bytes; their order is the order of the ids.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.value.to_be_bytes()
    }

    /// When the id was made, to the millisecond.
    pub const fn timestamp(self) -> Timestamp {
        Timestamp::from_millis((self.value >> 80) as i64)
    }

    /// Reads the 26 characters that `Display` writes. There is one text for each id: upper
    /// case, padding and a first character past `h` are refused.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if text.len() != TEXT_LENGTH {
            return Err(InvalidId::Length);
        }
        let mut value: u128 = 0;
        for (index, character) in text.bytes().enumerate() {
            let digit = match character {
                b'a'..=b'z' => character - b'a',
                b'2'..=b'7' => character - b'2' + 26,
                _ => return Err(InvalidId::Character),
            };
            if index == 0 && digit > 7 {
                return Err(InvalidId::TooLarge);
            }
            value = (value << BITS_PER_CHARACTER) | u128::from(digit);
        }
        Ok(Self::from_u128(value))
    }
}

impl<T> Copy for Id<T> {}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; TEXT_LENGTH];
        for (position, character) in text.iter_mut().rev().enumerate() {
            let digit = (self.value >> (position * BITS_PER_CHARACTER)) & 0x1f;
            *character = ALPHABET[digit as usize];
        }
        // At once: a formatter is asked through a table for every piece that it gets.
        f.write_str(core::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

/// Lowercase base32 without padding (RFC 4648 §6 and §3.2): the text of subjects.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(BITS_PER_CHARACTER));
    for chunk in bytes.chunks(5) {
        let mut group = [0u8; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let group = u64::from_be_bytes(group);
        for position in 0..(chunk.len() * 8).div_ceil(BITS_PER_CHARACTER) {
            let digit = (group >> (35 - position * BITS_PER_CHARACTER)) & 0x1f;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    enum User {}

    const SOME: Id<User> = Id::new(Timestamp::from_millis(0x017f_22e2_79b0), [0xff; 10]);

    #[test]
    fn an_id_has_the_layout_of_uuid_version_7() {
        // The time of RFC 9562 appendix A.6, all random bits set.
        assert_eq!(SOME.as_u128(), 0x017f_22e2_79b0_7fff_bfff_ffff_ffff_ffff);
        let zeros = Id::<User>::new(Timestamp::from_millis(0x017f_22e2_79b0), [0; 10]);
        assert_eq!(zeros.as_u128(), 0x017f_22e2_79b0_7000_8000_0000_0000_0000);
        assert_eq!(SOME.timestamp(), Timestamp::from_millis(0x017f_22e2_79b0));
    }

    #[test]
    fn the_example_of_rfc_9562_appendix_a_6_is_made_from_its_parts() {
        let rand_a: u128 = 0xcc3;
        let rand_b: u128 = 0x18c4_dc0c_0c07_398f;
        let mut random = [0; 10];
        random.copy_from_slice(&((rand_a << 62) | rand_b).to_be_bytes()[6..]);
        let id = Id::<User>::new(Timestamp::from_millis(0x017f_22e2_79b0), random);
        assert_eq!(id.as_u128(), 0x017f_22e2_79b0_7cc3_98c4_dc0c_0c07_398f);
    }

    #[test]
    fn a_later_id_is_a_greater_id_whatever_its_random_bits() {
        let earlier = Id::<User>::new(Timestamp::from_millis(1), [0xff; 10]);
        let later = Id::<User>::new(Timestamp::from_millis(2), [0; 10]);
        assert!(earlier < later);
        assert!(earlier.to_bytes() < later.to_bytes());
    }

    #[test]
    fn times_that_do_not_fit_are_cut_to_those_that_do() {
        assert_eq!(
            Id::<User>::new(Timestamp::from_millis(-5), [0; 10]).timestamp(),
            Timestamp::EPOCH
        );
        let last = Id::<User>::new(Timestamp::MAX, [0; 10]);
        assert_eq!(last.timestamp(), Timestamp::from_millis((1 << 48) - 1));
        assert_eq!((last.as_u128() >> 76) & 0xf, 7);
    }

    #[test]
    fn text_number_and_bytes_lead_back_to_the_same_id() {
        for id in [
            SOME,
            Id::from_u128(0),
            Id::from_u128(1),
            Id::from_u128(u128::MAX),
        ] {
            let text = id.to_string();
            assert_eq!(text.len(), 26);
            assert_eq!(Id::parse(&text), Ok(id));
            assert_eq!(Id::from_bytes(id.to_bytes()), id);
            assert_eq!(Id::from_u128(id.as_u128()), id);
        }
        assert_eq!(
            Id::<User>::from_u128(1).to_string(),
            "aaaaaaaaaaaaaaaaaaaaaaaaab"
        );
        assert_eq!(
            format!("{:?}", Id::<User>::from_u128(1)),
            "Id(aaaaaaaaaaaaaaaaaaaaaaaaab)"
        );
        assert_eq!(
            Id::<User>::from_u128(u128::MAX).to_string(),
            "h7777777777777777777777777"
        );
    }

    #[test]
    fn each_id_has_one_text() {
        let parse = Id::<User>::parse;
        for text in [
            "",
            "aaaaaaaaaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(parse(text), Err(InvalidId::Length), "{text:?}");
        }
        for last in [
            "A", "0", "1", "8", "9", "=", "-", " ", "\0", "\n", "@", "[", "`", "{",
        ] {
            let text = format!("aaaaaaaaaaaaaaaaaaaaaaaaa{last}");
            assert_eq!(parse(&text), Err(InvalidId::Character), "{text:?}");
        }
        assert_eq!(
            parse("aaaaaaaaaaaaaaaaaaaaaaaaé"),
            Err(InvalidId::Character)
        );
        assert_eq!(
            parse("iaaaaaaaaaaaaaaaaaaaaaaaaa"),
            Err(InvalidId::TooLarge)
        );
        assert_eq!(
            parse("7aaaaaaaaaaaaaaaaaaaaaaaaa"),
            Err(InvalidId::TooLarge)
        );
    }

    #[test]
    fn base32_follows_the_vectors_of_rfc_4648_section_10() {
        let vectors = [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base32(&[0xff; 16]).len(), 26);
    }
}
