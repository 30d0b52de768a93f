//! Which characters a name may have, and how they are folded into a key.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::{
    GeneralSecurityProfile as _, RestrictionLevel, RestrictionLevelDetection as _,
};

use super::InvalidName;

/// Room for 128 characters of four bytes; an email address has at most 254.
const MAX_BYTES: usize = 512;

/// NFKC, lower case, NFKC again (RFC 8265 §3.3.2). What is refused here is refused for every
/// name that is compared; [`check_word`] has the rest.
pub(super) fn key(text: &str) -> Result<String, InvalidName> {
    if text.is_empty() {
        return Err(InvalidName::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(InvalidName::TooLong);
    }
    let key = fold(text);
    // Only now, as NFKC makes a space and a mark of some lone accents.
    check_visible(&key)?;
    if key.len() > MAX_BYTES {
        return Err(InvalidName::TooLong);
    }
    Ok(key)
}

/// Whether a part of a key is made of letters and digits of scripts that are written together.
pub(super) fn check_word(word: &str) -> Result<(), InvalidName> {
    if word.chars().next().is_some_and(is_combining_mark) {
        return Err(InvalidName::LeadingMark);
    }
    if !word.chars().all(|c| c.is_ascii() || c.identifier_allowed()) {
        return Err(InvalidName::Character);
    }
    // ASCII punctuation belongs to every script, but is "restricted" in identifiers and would
    // make the whole word so.
    let letters: String = word
        .chars()
        .filter(|c| !c.is_ascii() || c.is_ascii_alphanumeric())
        .collect();
    if !letters
        .as_str()
        .check_restriction_level(RestrictionLevel::HighlyRestrictive)
    {
        return Err(InvalidName::MixedScripts);
    }
    Ok(())
}

/// C0, DEL, C1, and the line and paragraph separators.
pub(super) fn is_control_or_line_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The embeddings, overrides and isolates of UAX #9 §2.1 to §2.5, which reach past the name.
pub(super) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `Default_Ignorable_Code_Point` of Unicode 17, `DerivedCoreProperties.txt`: zero-width
/// characters, direction marks, variation selectors, fillers, tags.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

fn check_visible(text: &str) -> Result<(), InvalidName> {
    if text
        .chars()
        .any(|c| c.is_whitespace() || is_control_or_line_break(c))
    {
        return Err(InvalidName::ControlOrSpace);
    }
    if text.chars().any(is_invisible) {
        return Err(InvalidName::Invisible);
    }
    Ok(())
}

fn fold(text: &str) -> String {
    text.nfkc()
        .collect::<String>()
        .to_lowercase()
        .nfkc()
        .collect()
}
