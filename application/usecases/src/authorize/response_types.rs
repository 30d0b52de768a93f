//! Response types (OAuth 2.0 Multiple Response Type Encoding Practices §3, §5), as a list that
//! discovery is computed from.

use super::response_modes::{FRAGMENT, QUERY, ResponseMode};

/// Something that leaves the authorization endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// An authorization code.
    Code,
    /// An ID token.
    IdToken,
    /// An access token.
    Token,
}

impl Part {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::Token => "token",
        }
    }

    /// The grant type that a client must be registered for to get it (OpenID Connect Dynamic
    /// Client Registration §2).
    pub const fn grant_type(self) -> &'static str {
        match self {
            Self::Code => "authorization_code",
            Self::IdToken | Self::Token => "implicit",
        }
    }
}

/// A response type.
#[derive(Debug, PartialEq, Eq)]
pub struct ResponseType {
    name: &'static str,
    parts: &'static [Part],
}

/// Every response type that we answer.
pub static RESPONSE_TYPES: [ResponseType; 7] = [
    ResponseType::new("code", &[Part::Code]),
    ResponseType::new("id_token", &[Part::IdToken]),
    ResponseType::new("token", &[Part::Token]),
    ResponseType::new("id_token token", &[Part::IdToken, Part::Token]),
    ResponseType::new("code id_token", &[Part::Code, Part::IdToken]),
    ResponseType::new("code token", &[Part::Code, Part::Token]),
    ResponseType::new(
        "code id_token token",
        &[Part::Code, Part::IdToken, Part::Token],
    ),
];

impl ResponseType {
    const fn new(name: &'static str, parts: &'static [Part]) -> Self {
        Self { name, parts }
    }

    /// The response type of that value; the order of its words does not matter.
    pub fn parse(text: &str) -> Option<&'static Self> {
        let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        let sorted = words.join(" ");
        RESPONSE_TYPES.iter().find(|kind| kind.name == sorted)
    }

    /// Its words, sorted, as clients register it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it issues.
    pub const fn parts(&self) -> &'static [Part] {
        self.parts
    }

    /// Whether it issues that.
    pub fn issues(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// How it is answered where the request does not say (§2.1, §5): in the query for a code
    /// alone, else in the fragment.
    pub fn default_mode(&self) -> &'static dyn ResponseMode {
        if self.parts == [Part::Code] {
            QUERY
        } else {
            FRAGMENT
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_words_does_not_matter_and_repeats_do() {
        let name = |text| ResponseType::parse(text).map(ResponseType::name);
        assert_eq!(name("token id_token code"), Some("code id_token token"));
        assert_eq!(name("code"), Some("code"));
        for other in ["", "code code", "none", "Code", "code\tid_token"] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn every_name_is_found_by_itself() {
        for kind in &RESPONSE_TYPES {
            assert_eq!(ResponseType::parse(kind.name()), Some(kind));
        }
    }
}
