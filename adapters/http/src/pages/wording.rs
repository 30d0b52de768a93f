//! Texts that are not the house's own: what they must be to stand where one of ours stood.
//!
//! They come from an operator's language file or from a realm's theme. Both are plain text, and
//! both must name what the text that they replace names: a question that no longer says which
//! client asks would be worse than one in another language.

use std::collections::BTreeMap;

use super::messages::{ENGLISH, Text, Texts};

/// Longest text, in characters.
pub const LONGEST: usize = 500;

/// Why a text cannot stand under a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// There is no such key.
    #[error("there is no text `{key}`; the nearest is `{nearest}`")]
    UnknownKey {
        /// What was written.
        key: String,
        /// What may have been meant.
        nearest: &'static str,
    },
    /// It is empty, too long or has more than one line.
    #[error("`{key}` is one line of plain text, of 1 to 500 characters")]
    Form {
        /// The key.
        key: String,
    },
    /// It does not name what the English text names.
    #[error("`{key}` must have {}, and no other brace", placeholder(.wanted.as_deref()))]
    Placeholder {
        /// The key.
        key: String,
        /// What stands between the braces of the English text, if it has any.
        wanted: Option<String>,
    },
    /// It is a button's name, and does not contain the button's text.
    #[error(
        "`{key}` must contain what `{text}` says: who works by voice says what they see (WCAG 2.2, \
         2.5.3)"
    )]
    Name {
        /// The key.
        key: &'static str,
        /// The key of the text.
        text: &'static str,
    },
}

fn placeholder(wanted: Option<&str>) -> String {
    wanted.map_or_else(
        || "no placeholder".to_owned(),
        |name| format!("the placeholder {{{name}}} once"),
    )
}

impl InvalidText {
    /// The key at fault.
    pub fn key(&self) -> &str {
        match self {
            Self::UnknownKey { key, .. } | Self::Form { key } | Self::Placeholder { key, .. } => {
                key
            }
            Self::Name { key, .. } => key,
        }
    }
}

/// The text that people see on a button, and the name that others hear of it.
const NAMED: [(&str, &str); 2] = [("show", "show_password"), ("hide", "hide_password")];

/// The language's own name is no text: it says which texts these are.
const NAME: &str = "lang";

/// Every key whose text may be another.
pub fn keys() -> impl Iterator<Item = &'static str> {
    super::messages::KEYS
        .iter()
        .copied()
        .filter(|key| *key != NAME)
}

/// Whether `text` may stand under `key`.
pub fn check(key: &str, text: &str) -> Result<(), InvalidText> {
    let Some(english) = ENGLISH.get(key).filter(|_| key != NAME) else {
        return Err(InvalidText::UnknownKey {
            key: key.to_owned(),
            nearest: nearest(key),
        });
    };
    let is_one_line = !text.chars().any(char::is_control);
    if text.trim().is_empty() || text.chars().count() > LONGEST || !is_one_line {
        return Err(InvalidText::Form {
            key: key.to_owned(),
        });
    }
    let wanted = named(english.as_str());
    let braces = |brace| text.matches(brace).count();
    let once = usize::from(wanted.is_some());
    if named(text) != wanted || braces('{') != once || braces('}') != once {
        return Err(InvalidText::Placeholder {
            key: key.to_owned(),
            wanted: wanted.map(str::to_owned),
        });
    }
    Ok(())
}

/// Whether the buttons that these texts name are named by what they say. A set that has only one
/// of both is in order: the other one follows it ([`Texts::over`]).
pub fn check_names(texts: &BTreeMap<String, String>) -> Result<(), InvalidText> {
    for (text, key) in NAMED {
        if let (Some(seen), Some(name)) = (texts.get(text), texts.get(key))
            && !names(name, seen)
        {
            return Err(InvalidText::Name { key, text });
        }
    }
    Ok(())
}

/// Whether a name contains a text, in whatever case.
fn names(name: &str, text: &str) -> bool {
    name.to_lowercase().contains(&text.to_lowercase())
}

/// What stands between the first braces.
fn named(text: &str) -> Option<&str> {
    Some(text.split_once('{')?.1.split_once('}')?.0)
}

/// The key that shares the most beginnings of its words with that one.
fn nearest(unknown: &str) -> &'static str {
    let likeness = |key: &&str| {
        let start = key
            .bytes()
            .zip(unknown.bytes())
            .take_while(|(one, other)| one == other)
            .count();
        let words = key
            .split('_')
            .filter(|word| unknown.split('_').any(|other| other == *word))
            .count();
        (words, start)
    };
    keys().max_by_key(likeness).unwrap_or_default()
}

impl Texts {
    /// These texts with others over them; what is no text of ours (any more) is left out. A button
    /// whose name is left in another language than its text is named by its text alone.
    #[must_use]
    pub fn over<'a>(&self, others: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut texts = self.clone();
        for (key, text) in others {
            if check(key, text).is_ok() {
                // A key that passed is one.
                let _ = texts.set(key, Text::own(text.to_owned()));
            }
        }
        for (text, name) in NAMED {
            if let (Some(seen), Some(told)) = (texts.get(text), texts.get(name))
                && !names(told.as_str(), seen.as_str())
            {
                let seen = seen.clone();
                let _ = texts.set(name, seen);
            }
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_what_the_one_it_replaces_names() {
        assert_eq!(check("sign_in_title", "Welcome aboard"), Ok(()));
        assert_eq!(check("consent_title", "May {client} come in?"), Ok(()));
        for (key, text) in [
            ("consent_title", "May it come in?"),
            ("consent_title", "May {host} come in?"),
            ("consent_title", "{client} {client}"),
            ("consent_title", "{client} }"),
            ("consent_title", "}client{"),
            ("sign_in_title", "Hello {client}"),
            ("sign_in_title", "Hello {"),
        ] {
            let refused = check(key, text).unwrap_err();
            assert!(
                matches!(refused, InvalidText::Placeholder { .. }),
                "{key} = {text}: {refused}"
            );
        }
    }

    #[test]
    fn a_text_is_one_line_and_not_too_long() {
        for text in ["", "  ", "a\nb", "a\u{0}b", &"x".repeat(LONGEST + 1)] {
            let refused = check("sign_in_title", text).unwrap_err();
            assert!(matches!(refused, InvalidText::Form { .. }), "{refused}");
        }
        assert_eq!(check("sign_in_title", &"ü".repeat(LONGEST)), Ok(()));
    }

    #[test]
    fn a_key_that_is_none_is_answered_with_the_one_that_was_meant() {
        let refused = check("sign_in_titel", "Welcome").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "there is no text `sign_in_titel`; the nearest is `sign_in_title`"
        );
        assert!(
            check("lang", "de").is_err(),
            "the language's name is no text"
        );
    }

    #[test]
    fn a_button_is_named_by_what_it_says() {
        let set = |texts: &[(&str, &str)]| -> BTreeMap<String, String> {
            let own = |(key, text): &(&str, &str)| ((*key).to_owned(), (*text).to_owned());
            texts.iter().map(own).collect()
        };
        let both = |text, name| check_names(&set(&[("show", text), ("show_password", name)]));
        assert_eq!(both("Zeigen", "Passwort zeigen"), Ok(()));
        let refused = both("Reveal", "Show password").unwrap_err();
        assert_eq!(refused.key(), "show_password");
        assert!(refused.to_string().contains("`show`"), "{refused}");
        assert_eq!(check_names(&set(&[("hide", "Masquer")])), Ok(()));

        // What is left out follows what is there.
        let texts = ENGLISH.over([("show", "Montrer"), ("hide_password", "Masquer")]);
        assert_eq!(texts.show_password.as_str(), "Montrer");
        assert_eq!(texts.hide_password.as_str(), "Hide");
        for texts in super::super::messages::LANGUAGES {
            for (text, name) in NAMED {
                let (text, name) = (texts.get(text).unwrap(), texts.get(name).unwrap());
                assert!(names(name.as_str(), text.as_str()), "{name}");
            }
        }
    }

    #[test]
    fn texts_over_others_change_what_they_name_and_nothing_else() {
        let texts = ENGLISH.over([
            ("sign_in_title", "Welcome"),
            ("consent_title", "no client"),
            ("gone", "x"),
        ]);
        assert_eq!(texts.sign_in_title.as_str(), "Welcome");
        assert_eq!(texts.consent_title, ENGLISH.consent_title);
        assert_eq!(texts.sign_in_button, ENGLISH.sign_in_button);
    }
}
