//! Parameters of a request to an OAuth endpoint, kept as pairs so that repeats can be seen.
//!
//! "Request and response parameters MUST NOT be included more than once" (RFC 6749 §3.1, §3.2);
//! a parameter without a value counts as absent, and an unknown one is ignored.

use crate::{Denial, ErrorCode};

/// Names and values in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Most parameters that a request may bear.
    pub const MAX: usize = 100;

    /// Takes decoded pairs.
    pub fn new(pairs: Vec<(String, String)>) -> Result<Self, Denial> {
        if pairs.len() > Self::MAX {
            return Err(Denial::new(
                ErrorCode::InvalidRequest,
                "there are too many parameters",
            ));
        }
        Ok(Self(pairs))
    }

    /// The one value of a parameter. Refused when it is repeated or holds a NUL.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Denial> {
        let mut values = self.many(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Denial::new(
                ErrorCode::InvalidRequest,
                "a parameter is repeated",
            ));
        }
        match first {
            Some(value) if value.contains('\0') => Err(Denial::new(
                ErrorCode::InvalidRequest,
                "a parameter holds a NUL character",
            )),
            first => Ok(first),
        }
    }

    /// The one value of a parameter that must be there.
    pub fn required(&self, name: &str, missing: &'static str) -> Result<&str, Denial> {
        self.one(name)?
            .ok_or(Denial::new(ErrorCode::InvalidRequest, missing))
    }

    /// The same of a field of our own forms, where one that is missing, repeated or malformed is
    /// answered like an empty one.
    pub fn text(&self, name: &str) -> &str {
        self.one(name).ok().flatten().unwrap_or_default()
    }

    /// Every value of a parameter that may be repeated (`resource`, RFC 8707 §2).
    pub fn many<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All of them, for carrying a request through a page.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Parameters {
        let pairs = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Parameters::new(pairs).unwrap()
    }

    #[test]
    fn a_repeated_parameter_is_refused_and_an_empty_one_is_absent() {
        let parameters = of(&[("state", "a"), ("state", "b"), ("scope", "")]);
        assert!(parameters.one("state").is_err());
        assert_eq!(parameters.one("scope"), Ok(None));
        assert_eq!(
            of(&[("state", "a"), ("state", "")]).one("state"),
            Ok(Some("a"))
        );
    }

    #[test]
    fn a_nul_and_a_flood_are_refused() {
        assert!(of(&[("state", "a\0")]).one("state").is_err());
        let flood = vec![("a".to_owned(), "b".to_owned()); Parameters::MAX + 1];
        assert!(Parameters::new(flood).is_err());
    }
}
