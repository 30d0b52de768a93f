//! base64url without padding (RFC 4648 §5 and §3.2), in its canonical form only.
//!
//! Written here because the domain has no encoding crate, and because a decoder that ignores
//! surplus bits (RFC 4648 §3.5) would read several texts as one token.

use crate::secret::SecretBytes;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(6));
    encode_into(&mut text, bytes);
    text
}

/// Appends the text of `bytes`; reallocates only when `text` lacks the room.
pub(crate) fn encode_into(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let mut group = [0u8; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let group = u32::from_be_bytes(group);
        for position in 0..=chunk.len() {
            let digit = (group >> (18 - position * 6)) & 0x3f;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
}

/// The bytes of `text`, or `None` when it is not the text that [`encode`] writes.
pub(crate) fn decode(text: &str) -> Option<SecretBytes> {
    let mut bytes = Vec::with_capacity(text.len() * 6 / 8);
    let mut pending: u32 = 0;
    let mut bits = 0;
    for character in text.bytes() {
        let digit = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        pending = (pending << 6) | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            let [.., byte] = (pending >> bits).to_be_bytes();
            bytes.push(byte);
            pending &= (1 << bits) - 1;
        }
    }
    // Six bits left over are a character that says nothing; ones left over are a second text
    // for the same bytes.
    (bits < 6 && pending == 0).then(|| SecretBytes::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_follow_the_vectors_of_rfc_4648_section_10() {
        let vectors = [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap().expose(), bytes.as_bytes());
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn every_byte_survives_at_every_place() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for start in 0..3 {
            assert_eq!(
                decode(&encode(&bytes[start..])).unwrap().expose(),
                &bytes[start..]
            );
        }
    }

    #[test]
    fn each_value_has_one_text() {
        // Surplus bits, padding, a lone character, the other alphabet, space.
        for text in [
            "Zh", "Zm9", "Zg==", "Zm8=", "Z", "A", "AAAAA", "Zm9vY", "+_8", "/w", "Zg ", "Zg\n",
            "Zgé",
        ] {
            assert!(decode(text).is_none(), "{text:?}");
        }
    }
}
