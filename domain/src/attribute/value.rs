//! What is kept of one person: of each name the text of one JSON value (RFC 8259).

use std::collections::BTreeMap;

use super::InvalidAttribute;

/// The name of an attribute: `[a-z][a-z0-9_]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeName(String);

impl AttributeName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, InvalidAttribute> {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
        let rest = bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if first && rest && text.len() <= 63 {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAttribute::Name)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's attributes: of each name the text of one JSON value other than `null`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(BTreeMap<AttributeName, String>);

impl Attributes {
    /// The most attributes of a person.
    pub const MOST: usize = 64;
    /// The most bytes of one value as JSON text.
    pub const LONGEST: usize = 8_192;

    /// Sets one to the text of a JSON value.
    pub fn set(&mut self, name: AttributeName, json: String) -> Result<(), InvalidAttribute> {
        if json.len() > Self::LONGEST {
            return Err(InvalidAttribute::TooLong);
        }
        if self.0.len() >= Self::MOST && !self.0.contains_key(&name) {
            return Err(InvalidAttribute::TooMany);
        }
        self.0.insert(name, json);
        Ok(())
    }

    /// Forgets one.
    pub fn unset(&mut self, name: &AttributeName) {
        self.0.remove(name);
    }

    /// The JSON text of one.
    pub fn get(&self, name: &AttributeName) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeName, &str)> + '_ {
        self.0.iter().map(|(name, json)| (name, json.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> AttributeName {
        AttributeName::parse(text).unwrap()
    }

    #[test]
    fn a_name_is_a_plain_lower_case_word() {
        for text in ["a", "cost_centre", "x9", &"a".repeat(63)] {
            assert!(AttributeName::parse(text).is_ok(), "{text}");
        }
        for text in ["", "A", "9x", "_a", "a-b", "a b", "ä", &"a".repeat(64)] {
            assert_eq!(
                AttributeName::parse(text),
                Err(InvalidAttribute::Name),
                "{text}"
            );
        }
    }

    #[test]
    fn attributes_are_bounded() {
        let mut attributes = Attributes::default();
        let long = "1".repeat(Attributes::LONGEST + 1);
        assert_eq!(
            attributes.set(name("a"), long),
            Err(InvalidAttribute::TooLong)
        );
        for number in 0..Attributes::MOST {
            attributes
                .set(name(&format!("a{number}")), "1".to_owned())
                .unwrap();
        }
        let more = attributes.set(name("b"), "1".to_owned());
        assert_eq!(more, Err(InvalidAttribute::TooMany));
        attributes.set(name("a0"), "2".to_owned()).unwrap();
        assert_eq!(attributes.get(&name("a0")), Some("2"));
        attributes.unset(&name("a0"));
        attributes.set(name("b"), "1".to_owned()).unwrap();
    }
}
