//! Names of people: what they sign in with, and what others see.
//!
//! A [`Username`] or [`Email`] has two forms: the text that is shown (Unicode NFC) and the
//! canonical key that decides which names are the same. The key is made here, once, so that
//! every store need only compare bytes. It follows the `UsernameCaseMapped` profile of RFC 8265
//! §3.3, which maps widths, lowers the case and normalises; we use NFKC in its place, as
//! lookalike presentation forms (`ﬁ`, `𝐚`) are then one name too, and refuse names that mix
//! scripts beyond the "Highly Restrictive" level of UTS #39 §5.2, which no honest name needs.
//! That also leaves nothing for the directionality rule of RFC 8265 §3.3.2 to catch but a
//! right-to-left name with ASCII digits, which we allow.

mod characters;
mod email;

pub use email::{Email, InvalidEmail};

use unicode_normalization::UnicodeNormalization as _;

/// What one signs in with; unique in a realm by its key. `==` compares both forms: to ask
/// whether two names are the same person's, compare the keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username {
    text: String,
    key: String,
}

/// What others see of a person; need not be unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(String);

/// Why a text is not a [`Username`] or [`DisplayName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing visible in it.
    #[error("a name must have at least one visible character")]
    Empty,
    /// Too many characters.
    #[error("a user name has at most 128 characters, a display name at most 200")]
    TooLong,
    /// White space in a user name, or a control character.
    #[error("a name must not have control characters, and a user name no white space")]
    ControlOrSpace,
    /// A character that has no shape of its own or turns the direction of the text.
    #[error("a name must not have invisible characters or ones that turn the text's direction")]
    Invisible,
    /// A symbol, emoji or historic letter.
    #[error("a user name is written with letters, digits and the visible ASCII characters")]
    Character,
    /// A combining mark in front.
    #[error("a user name must not start with a combining mark")]
    LeadingMark,
    /// Letters of scripts that are not written together.
    #[error("a user name must not mix scripts, such as Latin and Cyrillic")]
    MixedScripts,
}

/// The canonical key of what somebody typed as user name or email address, or `None` when no
/// such name can exist. It says no more than that, so a sign-in cannot leak the reason. For
/// text that [`Username::parse`] or [`Email::parse`] takes, this is its key.
pub fn canonical_key(text: &str) -> Option<String> {
    characters::key(text).ok()
}

impl Username {
    /// The most characters of a user name, in either form.
    pub const MAX_CHARACTERS: usize = 128;

    /// Reads a user name of 1 to 128 characters. `@` and the other visible ASCII characters
    /// are allowed, and of the rest of Unicode what UTS #39 §3.1 allows in identifiers.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let key = characters::key(text)?;
        // Before and after the @ of an address are two words, each in a script of its own.
        for part in key.split('@') {
            characters::check_word(part)?;
        }
        let text: String = text.nfc().collect();
        if [&text, &key]
            .iter()
            .any(|form| form.chars().count() > Self::MAX_CHARACTERS)
        {
            return Err(InvalidName::TooLong);
        }
        Ok(Self { text, key })
    }

    /// The name as it is shown (NFC).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as it is compared.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl DisplayName {
    /// The most characters of a display name.
    pub const MAX_CHARACTERS: usize = 200;

    /// Reads a display name of 1 to 200 characters, without the white space around it. Emoji
    /// and mixed scripts are welcome; control characters, line breaks and the marks that turn
    /// the direction of the text around it are not.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let trimmed = text.trim();
        // NFC never makes more than three characters of one, so this bounds the work.
        if trimmed.chars().count() > Self::MAX_CHARACTERS * 3 {
            return Err(InvalidName::TooLong);
        }
        if trimmed.chars().any(characters::is_control_or_line_break) {
            return Err(InvalidName::ControlOrSpace);
        }
        if trimmed.chars().any(characters::turns_direction) {
            return Err(InvalidName::Invisible);
        }
        if trimmed
            .chars()
            .all(|c| c.is_whitespace() || characters::is_invisible(c))
        {
            return Err(InvalidName::Empty);
        }
        let name: String = trimmed.nfc().collect();
        if name.chars().count() > Self::MAX_CHARACTERS {
            return Err(InvalidName::TooLong);
        }
        Ok(Self(name))
    }

    /// The name as it is shown (NFC).
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn username(text: &str) -> Username {
        Username::parse(text).unwrap_or_else(|refusal| panic!("{text:?}: {refusal}"))
    }

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (text, key) in [
            ("Ada", "ada"),
            ("ADA", "ada"),
            ("ＡＤＡ", "ada"),
            ("𝐀da", "ada"),
            ("A\u{308}nne", "änne"),
            ("Änne", "änne"),
            ("ÅSA", "åsa"),
            ("A\u{30a}sa", "åsa"),
            ("ﬁona", "fiona"),
            ("ИВАН", "иван"),
            ("ｶﾞ", "ガ"),
        ] {
            assert_eq!(username(text).key(), key, "{text:?}");
            assert_eq!(canonical_key(text).as_deref(), Some(key), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_shown_composed_but_otherwise_as_written() {
        assert_eq!(username("A\u{308}nne").as_str(), "Änne");
        assert_eq!(username("Ada.Lovelace").as_str(), "Ada.Lovelace");
    }

    #[test]
    fn honest_names_of_many_scripts_are_taken() {
        for text in [
            "a",
            "ada@example.com",
            "o'brien",
            "ada+1",
            "a_b-c.d",
            "!#$%",
            "münchen",
            "сергей",
            "γιώργος",
            "田中太郎",
            "たなか",
            "김철수",
            "tanaka田中",
            "שרה",
            "أحمد",
            "अमित",
            "иван@example.com",
        ] {
            username(text);
        }
    }

    #[test]
    fn controls_and_spaces_are_refused() {
        for text in [
            "a\0",
            "\0",
            "a\nb",
            "a\rb",
            "a\tb",
            "a\x1b",
            "a\x7f",
            "a\u{85}",
            "a b",
            " a",
            "a ",
            " ",
            "a\u{a0}b",
            "a\u{2003}b",
            "a\u{3000}b",
            "a\u{2028}b",
            "a\u{2029}b",
            "a\u{1680}b",
            "a´",
        ] {
            assert_eq!(
                Username::parse(text),
                Err(InvalidName::ControlOrSpace),
                "{text:?}"
            );
            assert_eq!(canonical_key(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for c in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e0061}',
        ] {
            for text in [
                format!("ad{c}min"),
                format!("{c}admin"),
                format!("admin{c}"),
            ] {
                assert_eq!(
                    Username::parse(&text),
                    Err(InvalidName::Invisible),
                    "{text:?}"
                );
                assert_eq!(canonical_key(&text), None, "{text:?}");
            }
        }
    }

    #[test]
    fn letters_borrowed_from_another_script_are_refused() {
        // Cyrillic а, р, о; Greek ο; Armenian օ
        for text in [
            "аdmin",
            "рaypal",
            "gооgle",
            "gοogle",
            "gօogle",
            "ivan@exаmple.com",
            "adminا",
        ] {
            assert_eq!(
                Username::parse(text),
                Err(InvalidName::MixedScripts),
                "{text:?}"
            );
        }
        assert!(Username::parse("admin").is_ok());
    }

    #[test]
    fn symbols_and_lone_marks_are_refused() {
        for text in [
            "ada😀",
            "☃",
            "ada\u{2215}",
            "a\u{2024}b→",
            "ᚠᚢ",
            "a\u{fffd}",
            "a\u{e000}",
            "a\u{fdd0}",
        ] {
            assert_eq!(
                Username::parse(text),
                Err(InvalidName::Character),
                "{text:?}"
            );
        }
        assert_eq!(Username::parse("\u{301}a"), Err(InvalidName::LeadingMark));
    }

    #[test]
    fn a_user_name_has_1_to_128_characters_in_either_form() {
        assert_eq!(Username::parse(""), Err(InvalidName::Empty));
        assert_eq!(canonical_key(""), None);
        for longest in ["a".repeat(128), "я".repeat(128), "田".repeat(128)] {
            assert_eq!(username(&longest).key(), longest);
        }
        assert_eq!(Username::parse(&"a".repeat(129)), Err(InvalidName::TooLong));
        assert_eq!(Username::parse(&"я".repeat(129)), Err(InvalidName::TooLong));
        assert_eq!(
            Username::parse(&"a".repeat(10_000_000)),
            Err(InvalidName::TooLong)
        );
        assert_eq!(canonical_key(&"a".repeat(10_000_000)), None);
        // 600 bytes that are 400 in the key: more than we care to fold
        assert_eq!(canonical_key(&"a\u{308}".repeat(200)), None);
        // 384 bytes that are 1536 in the key
        assert_eq!(canonical_key(&"㍿".repeat(128)), None);
        // 100 characters that are 300 in the key
        assert_eq!(Username::parse(&"ﬃ".repeat(100)), Err(InvalidName::TooLong));
    }

    #[test]
    fn the_key_of_a_key_is_itself_for_every_character() {
        // Beyond plane 3 there are only invisible and private characters.
        for c in '\0'..='\u{3ffff}' {
            if let Some(key) = canonical_key(c.encode_utf8(&mut [0; 4])) {
                assert_eq!(canonical_key(&key), Some(key.clone()), "{c:?}");
            }
        }
    }

    #[test]
    fn a_display_name_keeps_what_people_write() {
        for (text, shown) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("  Ada\u{a0}", "Ada"),
            ("A\u{308}nne", "Änne"),
            ("Ada Иванова 田中 😀", "Ada Иванова 田中 😀"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("علی\u{200c}رضا", "علی\u{200c}رضا"),
        ] {
            assert_eq!(DisplayName::parse(text).unwrap().as_str(), shown);
        }
    }

    #[test]
    fn a_display_name_cannot_reach_past_itself() {
        for text in [
            "a\0",
            "a\nb",
            "a\r\nSet-Cookie: x",
            "a\tb",
            "a\x1b[31m",
            "a\u{9b}",
            "a\u{2028}b",
        ] {
            assert_eq!(
                DisplayName::parse(text),
                Err(InvalidName::ControlOrSpace),
                "{text:?}"
            );
        }
        for text in ["a\u{202e}b", "a\u{2066}b", "\u{202a}a"] {
            assert_eq!(
                DisplayName::parse(text),
                Err(InvalidName::Invisible),
                "{text:?}"
            );
        }
        for text in ["", " ", "\u{a0}", "\u{200b}", "\u{3164}\u{200d} \u{ad}"] {
            assert_eq!(
                DisplayName::parse(text),
                Err(InvalidName::Empty),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_display_name_has_at_most_200_characters() {
        assert!(DisplayName::parse(&"ä".repeat(200)).is_ok());
        assert!(DisplayName::parse(&"a\u{308}".repeat(200)).is_ok());
        for text in ["ä".repeat(201), "a".repeat(10_000_000)] {
            assert_eq!(DisplayName::parse(&text), Err(InvalidName::TooLong));
        }
    }
}
