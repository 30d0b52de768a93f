//! Links of a realm at the foot of its pages.

use url::Url;

/// An `https` URL that a person may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsLink(String);

/// Why a text is not an [`HttpsLink`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link is an https URL with a host and without credentials, of at most 2000 characters")]
pub struct InvalidLink;

impl HttpsLink {
    const LONGEST: usize = 2_000;

    /// Reads a URL; it is kept as it was written.
    pub fn parse(text: &str) -> Result<Self, InvalidLink> {
        let is_plain = text.len() <= Self::LONGEST
            && text.get(..8).is_some_and(|start| start == "https://")
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        let url = Url::parse(text).map_err(|_| InvalidLink)?;
        let is_open = url.username().is_empty() && url.password().is_none();
        if is_plain && is_open && url.scheme() == "https" && url.has_host() {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLink)
        }
    }

    /// The URL as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leads_away() {
        for good in [
            "https://example.org",
            "https://help.example.org:8443/a?b=c#d",
        ] {
            assert_eq!(HttpsLink::parse(good).unwrap().as_str(), good);
        }
        let long = format!("https://example.org/{}", "a".repeat(2_000));
        for hostile in [
            "",
            "http://example.org",
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.org",
            "/help",
            "https://",
            "https:example.org",
            "https://user@example.org",
            "https://user:secret@example.org",
            "https://example.org/a b",
            "https://example.org/\"><script>\n",
            "https://exämple.org",
            "mailto:help@example.org",
            &long,
        ] {
            assert_eq!(HttpsLink::parse(hostile), Err(InvalidLink), "{hostile}");
        }
    }
}
