//! What a text must look like: a regular expression that an administrator writes and everybody's
//! values are held against.
//!
//! The engine looks at each character of a value a bounded number of times, whatever the
//! expression: there is no backtracking, hence no look-around and no back-reference. What is
//! left to bound is the expression itself, which is compiled within a limit and once.

use std::sync::{Arc, OnceLock};

use regex::{Regex, RegexBuilder};

use super::InvalidAttribute;

/// The most bytes of an expression.
const LONGEST: usize = 512;
/// The most bytes of a compiled one; a class of all letters takes about a twentieth.
const LARGEST: usize = 256 * 1_024;

/// A regular expression that the whole of a value fits, or does not.
///
/// What is stored is compiled when it is asked for the first time: a list of realms compiles
/// nothing. Clones share the compiled one.
#[derive(Debug, Clone)]
pub struct AttributePattern {
    text: String,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl AttributePattern {
    /// The pattern in that text.
    pub fn parse(text: &str) -> Result<Self, InvalidAttribute> {
        let whole = compile(text).ok_or(InvalidAttribute::Pattern)?;
        Ok(Self {
            text: text.to_owned(),
            compiled: Arc::new(OnceLock::from(Some(whole))),
        })
    }

    /// A pattern that [`Self::parse`] took once. Should it not compile any more, nothing fits.
    pub fn from_stored(text: String) -> Self {
        Self {
            text,
            compiled: Arc::default(),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of that value fits.
    pub fn fits(&self, value: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&self.text));
        compiled.as_ref().is_some_and(|whole| whole.is_match(value))
    }
}

impl PartialEq for AttributePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for AttributePattern {}

/// The expression, held to begin and end where a value does. By itself it must be one too, so
/// that none closes the group that is put around it.
fn compile(text: &str) -> Option<Regex> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let limited = |text: &str| {
        RegexBuilder::new(text)
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST)
            .build()
            .ok()
    };
    limited(text).and_then(|_| limited(&format!(r"\A(?:{text})\z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_of_a_value_fits() {
        let pattern = AttributePattern::parse("[A-Z]{2}|[A-Z]{2}-[0-9]+").unwrap();
        for value in ["DE", "DE-12"] {
            assert!(pattern.fits(value), "{value}");
        }
        for value in ["", "D", "DE-", "xDE", "DE-12\n", "DE\nDE"] {
            assert!(!pattern.fits(value), "{value:?}");
        }
        let letters = AttributePattern::parse(r"[\p{L} '-]+").unwrap();
        assert!(letters.fits("Zoë O'Brien") && !letters.fits("R2D2"));
    }

    #[test]
    fn what_is_stored_is_the_same_pattern() {
        let parsed = AttributePattern::parse("[0-9]{4}").unwrap();
        let stored = AttributePattern::from_stored("[0-9]{4}".to_owned());
        assert_eq!(parsed, stored);
        assert!(stored.fits("2026") && !stored.clone().fits("20266"));
        // Nothing passes for a rule that cannot be read any more.
        assert!(!AttributePattern::from_stored("(".to_owned()).fits("("));
    }

    #[test]
    fn what_is_no_expression_or_could_cost_much_is_refused() {
        let long = "a".repeat(LONGEST + 1);
        for text in [
            "",
            "(",
            "a)|(b",
            "(?=a)b",
            r"(a)\1",
            r"\w{1000}",
            "((a{100}){100}){100}",
            "(?:(?:x{50}){50}){50}",
            "(?x) a # to the end",
            &long,
        ] {
            let refused = AttributePattern::parse(text).unwrap_err();
            assert_eq!(refused, InvalidAttribute::Pattern, "{text}");
        }
    }

    #[test]
    fn an_expression_that_backtracks_elsewhere_ends_here() {
        let value = format!("{}!", "a".repeat(8_191));
        for text in [
            "(a+)+",
            "(a|a)*",
            "(a|aa)+",
            "(.*a){12}",
            "(a*)*b",
            r"(\w+\s?)*",
        ] {
            let pattern = AttributePattern::parse(text).unwrap();
            // A backtracking engine would not be done before the sun is.
            assert!(!pattern.fits(&value), "{text}");
        }
    }
}
