//! What all pages share: language, realm, look, and how a client is shown.

use std::sync::Arc;

use super::assets::Asset;
use super::messages::Texts;

/// The surroundings of a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The texts in the person's language, by [`super::Languages::choose`].
    pub texts: Arc<Texts>,
    /// The realm's name as people know it.
    pub realm: String,
    /// The host people see in the address bar, repeated at the foot of the page; may be empty.
    pub host: String,
    /// What stands before `/assets/` in this listener's URLs: empty, or a path as `/sso`.
    pub root: String,
    /// The realm's logo: a path on this origin.
    pub logo: Option<String>,
    /// Where the realm's theme sheet is, with its version; absent for the built-in look.
    pub theme: Option<String>,
    /// The realm's links, for the foot of the page.
    pub links: Vec<Link>,
}

impl Frame {
    /// Whether the language is written from right to left: its primary subtag (RFC 5646 §2.2.1)
    /// is one of those.
    pub(crate) fn reads_from_the_right(&self) -> bool {
        const LANGUAGES: [&str; 10] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
        let primary = self.texts.lang.as_str().split('-').next();
        primary.is_some_and(|primary| LANGUAGES.contains(&primary))
    }

    /// The URL of an embedded file, with the version of its content.
    pub(crate) fn asset(&self, asset: &Asset) -> String {
        format!("{}/assets/{}?v={}", self.root, asset.name, asset.version())
    }
}

/// A client as people meet it.
#[derive(Clone, Debug)]
pub struct ClientView {
    /// Its registered name, or its `client_id` where it has none.
    pub name: String,
    /// The host of the redirect URI that the person goes to next; may be empty.
    pub host: String,
}

impl ClientView {
    /// The letter on its tile.
    pub(crate) fn letter(&self) -> String {
        let first = self.name.chars().find(|letter| letter.is_alphanumeric());
        first.map_or_else(|| "·".to_owned(), |letter| letter.to_uppercase().collect())
    }
}

/// A link that leaves the page.
#[derive(Clone, Debug)]
pub struct Link {
    /// An `http` or `https` URL.
    pub url: String,
    /// What it is called.
    pub text: String,
}

impl Link {
    /// A link to `url`, unless it has another scheme than `http` or `https`: a client's
    /// registration is not a place for `javascript:`.
    pub fn to(url: &str, text: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        (web && !rest.is_empty()).then(|| Self {
            url: url.to_owned(),
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientView, Link};

    #[test]
    fn only_web_addresses_become_links() {
        assert!(Link::to("https://client.example/tos", "Terms").is_some());
        assert!(Link::to("HTTP://client.example", "Website").is_some());
        for hostile in [
            "javascript:alert(1)",
            "javascript://%0aalert(1)",
            "data:text/html,x",
            "https://",
            "",
        ] {
            assert!(Link::to(hostile, "Terms").is_none(), "{hostile}");
        }
    }

    #[test]
    fn a_tile_bears_the_first_letter_or_a_dot() {
        let letter = |name: &str| {
            ClientView {
                name: name.to_owned(),
                host: String::new(),
            }
            .letter()
        };
        assert_eq!(letter("«notes»"), "N");
        assert_eq!(letter("éclair"), "É");
        assert_eq!(letter("…"), "·");
    }
}
