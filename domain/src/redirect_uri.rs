//! Redirect URIs: where a code is sent, and so the first thing an attacker would bend.
//!
//! A [`RedirectUri`] is an absolute URI without a fragment (RFC 6749 §3.1.2). It is understood
//! by the `url` crate, which reads like a browser, but kept and compared **as it was
//! written** (RFC 9700 §4.1.3). Text that a browser would read as something else than it says
//! (a backslash for a slash, `..`, `%2e%2e`, `http://2130706433/`) is refused when it comes
//! in, so equal text always means the same place.

mod origin;
mod syntax;

pub use origin::{InvalidOrigin, Origin};

use core::fmt;

use syntax::{Authority, Parts, Scheme};

/// What kind of program a client is (OpenID Connect Dynamic Client Registration §2); decides
/// which redirect URIs it may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ApplicationType {
    /// Runs on a web server or in a browser. What a registration without a type means.
    #[default]
    Web,
    /// Is installed on a device (RFC 8252).
    Native,
}

/// A valid redirect URI, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectUri {
    text: String,
    parts: Parts,
}

/// Why a text is not a [`RedirectUri`], or not one for this type of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Empty, or longer than 2000 bytes.
    #[error("a redirect URI has 1 to 2000 characters")]
    Length,
    /// A character that RFC 3986 does not allow.
    #[error(
        "a redirect URI is written in ASCII without spaces, control characters and \"<>\\^`{{|}}; others are percent-encoded"
    )]
    Character,
    /// A `%` that is not followed by two hexadecimal digits, or hides a control character.
    #[error(
        "a % in a redirect URI is followed by two hexadecimal digits that do not stand for a control character"
    )]
    PercentEncoding,
    /// No scheme, or one that is neither http, https nor a private-use one.
    #[error(
        "a redirect URI starts with https://, http:// or a private-use scheme with a dot in it, such as com.example.app:/"
    )]
    Scheme,
    /// A scheme that browsers run or open themselves.
    #[error(
        "the schemes javascript, data, file, vbscript, blob and about are not allowed in a redirect URI"
    )]
    ForbiddenScheme,
    /// A `#`.
    #[error("a redirect URI has no fragment (#)")]
    Fragment,
    /// A user name or password before the host.
    #[error("a redirect URI has no user name or password (@) before the host")]
    UserInfo,
    /// No host, or one in a spelling that a browser would change.
    #[error(
        "an http or https redirect URI has a host in its usual spelling, such as app.example.com, 127.0.0.1 or [::1]"
    )]
    Host,
    /// A port that is empty, too large, or in an unusual spelling.
    #[error("the port of a redirect URI is a number up to 65535 without leading zeros")]
    Port,
    /// A `.` or `..` segment, also percent-encoded, or an encoded backslash.
    #[error("the path of a redirect URI has no . or .. segments, no %2e and no %5c")]
    Path,
    /// Plain http to another machine.
    #[error(
        "a redirect URI with http is allowed for 127.0.0.1, [::1] and localhost only; use https"
    )]
    PlainHttp,
    /// A private-use scheme for a web client.
    #[error(
        "a redirect URI with a private-use scheme is allowed for clients with application_type native only"
    )]
    PrivateUseScheme,
}

impl ApplicationType {
    /// The name in a client's registration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }

    /// The type with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Web, Self::Native]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

impl RedirectUri {
    /// The most bytes of a redirect URI.
    pub const MAX_LENGTH: usize = 2000;

    /// Reads a redirect URI. Whether a client may use it is another question:
    /// [`RedirectUri::allowed_for`] when it is registered, [`RedirectUri::accepts`] after.
    pub fn parse(text: &str) -> Result<Self, InvalidRedirectUri> {
        let parts = syntax::parse(text)?;
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// The URI as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The origin of an http or https URI; a private-use scheme has none.
    pub fn origin(&self) -> Option<Origin> {
        let scheme = match self.parts.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
            Scheme::PrivateUse => return None,
        };
        let authority = self.parts.authority?;
        Some(Origin::of_web(
            scheme,
            authority.host(&self.text),
            authority.port,
        ))
    }

    /// Whether this is http to the device itself: 127.0.0.1, [::1] or localhost, any port.
    pub fn is_loopback_http(&self) -> bool {
        self.http_host()
            .is_some_and(|host| is_loopback_address(host) || host.eq_ignore_ascii_case("localhost"))
    }

    /// Whether a client of this type may register the URI. Web: https, or http to the device
    /// itself. Native: those and private-use schemes (RFC 8252 §7).
    pub fn allowed_for(&self, application: ApplicationType) -> Result<(), InvalidRedirectUri> {
        match (self.parts.scheme, application) {
            (Scheme::Https, _) | (Scheme::PrivateUse, ApplicationType::Native) => Ok(()),
            (Scheme::PrivateUse, ApplicationType::Web) => Err(InvalidRedirectUri::PrivateUseScheme),
            (Scheme::Http, _) if self.is_loopback_http() => Ok(()),
            (Scheme::Http, _) => Err(InvalidRedirectUri::PlainHttp),
        }
    }

    /// Whether a request may name `presented` where this URI is registered: when the text is
    /// the same (RFC 9700 §4.1.3), or, for http to 127.0.0.1 or [::1], the same but for the
    /// port, which a native program cannot choose (RFC 8252 §7.3). `localhost` is no such
    /// address: it may resolve elsewhere (RFC 8252 §8.3).
    pub fn accepts(&self, presented: &Self) -> bool {
        if self.text == presented.text {
            return true;
        }
        match (
            self.around_loopback_port(),
            presented.around_loopback_port(),
        ) {
            (Some(registered), Some(presented)) => registered == presented,
            _ => false,
        }
    }

    /// What stands before and after the port, for http to a loopback address.
    fn around_loopback_port(&self) -> Option<(&str, &str)> {
        self.http_host().filter(|host| is_loopback_address(host))?;
        let Authority { host_end, end, .. } = self.parts.authority?;
        Some((&self.text[..host_end], &self.text[end..]))
    }

    fn http_host(&self) -> Option<&str> {
        match self.parts.scheme {
            Scheme::Http => self
                .parts
                .authority
                .map(|authority| authority.host(&self.text)),
            Scheme::Https | Scheme::PrivateUse => None,
        }
    }
}

fn is_loopback_address(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]")
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
    }

    #[test]
    fn the_text_is_kept_as_it_was_written() {
        for text in [
            "https://app.example",
            "https://App.Example:443/CB?a=%20&b='c'",
            "HTTP://127.0.0.1/",
        ] {
            assert_eq!(uri(text).as_str(), text);
            assert_eq!(uri(text).to_string(), text);
        }
    }

    #[test]
    fn only_the_same_text_is_the_same_uri() {
        let registered = uri("https://app.example/cb?a=1");
        assert!(registered.accepts(&registered));
        for other in [
            "https://app.example/cb?a=1&b=2",
            "https://app.example/cb",
            "https://app.example/cb/?a=1",
            "https://app.example/cb?a=%31",
            "https://app.example/CB?a=1",
            "https://APP.example/cb?a=1",
            "https://app.example:443/cb?a=1",
            "https://app.example:8443/cb?a=1",
            "https://app.example.evil.example/cb?a=1",
            "https://evil.example/cb?a=1",
            "http://app.example/cb?a=1",
        ] {
            assert!(!registered.accepts(&uri(other)), "{other}");
        }
        assert!(!uri("https://app.example").accepts(&uri("https://app.example/")));
        assert!(!uri("https://app.example/").accepts(&uri("https://app.example")));
    }

    #[test]
    fn the_port_of_a_loopback_address_is_the_programs_own_choice() {
        for (registered, presented) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb"),
            ("http://[::1]/cb?x=y", "http://[::1]:51004/cb?x=y"),
            ("http://127.0.0.1", "http://127.0.0.1:9"),
        ] {
            assert!(
                uri(registered).accepts(&uri(presented)),
                "{registered} {presented}"
            );
        }
    }

    #[test]
    fn nothing_but_the_port_of_a_loopback_address_may_differ() {
        for (registered, presented) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/other"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb/"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?a=b"),
            ("http://127.0.0.1/cb", "http://[::1]:1/cb"),
            ("http://127.0.0.1/cb", "http://localhost:1/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.2/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb"),
            ("https://127.0.0.1/cb", "https://127.0.0.1:1/cb"),
            ("http://localhost/cb", "http://localhost:1/cb"),
            (
                "com.example.app://127.0.0.1/cb",
                "com.example.app://127.0.0.1:1/cb",
            ),
        ] {
            assert!(
                !uri(registered).accepts(&uri(presented)),
                "{registered} {presented}"
            );
            assert!(
                !uri(presented).accepts(&uri(registered)),
                "{presented} {registered}"
            );
        }
    }

    #[test]
    fn each_type_of_client_has_its_own_redirect_uris() {
        let web = |text| uri(text).allowed_for(ApplicationType::Web);
        let native = |text| uri(text).allowed_for(ApplicationType::Native);
        for text in [
            "https://app.example/cb",
            "http://127.0.0.1:9/cb",
            "http://[::1]/cb",
            "http://localhost:3000/cb",
            "http://LOCALHOST/cb",
        ] {
            assert_eq!((web(text), native(text)), (Ok(()), Ok(())), "{text}");
        }
        for text in [
            "http://app.example/cb",
            "http://127.0.0.2/",
            "http://localhost.evil.example/",
        ] {
            let refused = Err(InvalidRedirectUri::PlainHttp);
            assert_eq!((web(text), native(text)), (refused, refused), "{text}");
        }
        assert_eq!(
            web("com.example.app:/cb"),
            Err(InvalidRedirectUri::PrivateUseScheme)
        );
        assert_eq!(native("com.example.app:/cb"), Ok(()));
    }

    #[test]
    fn loopback_http_is_what_says_so_plainly() {
        assert!(uri("http://localhost/").is_loopback_http());
        assert!(uri("http://127.0.0.1:80/").is_loopback_http());
        for text in [
            "https://localhost/",
            "com.example.app://localhost/",
            "http://localhost./",
        ] {
            assert!(!uri(text).is_loopback_http(), "{text}");
        }
    }

    #[test]
    fn the_origin_is_what_a_browser_would_send() {
        let origin = |text| uri(text).origin().map(|origin| origin.as_str().to_owned());
        for (text, expected) in [
            ("https://App.Example/cb?x", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("https://app.example:80/", "https://app.example:80"),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1:3000"),
            ("http://[::1]:80/cb", "http://[::1]"),
        ] {
            assert_eq!(origin(text).as_deref(), Some(expected));
            assert_eq!(Origin::parse(expected).ok(), uri(text).origin());
        }
        assert_eq!(origin("com.example.app:/cb"), None);
    }

    #[test]
    fn application_types_have_the_names_of_the_registration() {
        assert_eq!(ApplicationType::default(), ApplicationType::Web);
        for kind in [ApplicationType::Web, ApplicationType::Native] {
            assert_eq!(ApplicationType::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(ApplicationType::parse("Web"), None);
    }
}
