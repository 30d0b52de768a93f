//! Web origins: what a browser sends in `Origin`, and CORS compares.
//!
//! RFC 6454 §6.2 gives each origin one text, `scheme://host[:port]`. An [`Origin`] is that
//! text, so comparing it with a header is comparing bytes. `null`, which any sandboxed frame
//! can send, is not an origin here.

use core::fmt;

use url::Url;

use super::syntax::{is_host, parse_port};

const MAX_LENGTH: usize = 300;

/// The ASCII serialisation of an origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// Why a text is not an [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// The word `null`.
    #[error("null is not an origin that can be allowed")]
    Null,
    /// Not written as a browser sends it.
    #[error(
        "an origin is written as a browser sends it: scheme://host or scheme://host:port in lower case, without a default port, a path or a slash at the end"
    )]
    Spelling,
}

impl Origin {
    /// Reads an origin in the one spelling that RFC 6454 §6.2 gives it. Beside http and https,
    /// the schemes of browser extensions and app shells are allowed (`capacitor://localhost`).
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        if text == "null" {
            return Err(InvalidOrigin::Null);
        }
        is_serialised(text)
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidOrigin::Spelling)
    }

    /// The origin of an http or https address whose host has been checked.
    pub(super) fn of_web(scheme: &str, host: &str, port: Option<u16>) -> Self {
        let host = host.to_ascii_lowercase();
        let default = if scheme == "https" { 443 } else { 80 };
        Self(match port {
            Some(port) if port != default => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        })
    }

    /// The origin as a browser sends it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_serialised(text: &str) -> bool {
    if text.len() > MAX_LENGTH {
        return false;
    }
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    match url.scheme() {
        "http" | "https" => {
            url.host_str().is_some_and(is_host) && url.origin().ascii_serialization() == text
        }
        "file" | "ws" | "wss" | "ftp" => false,
        scheme => text
            .strip_prefix(scheme)
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(is_host_and_port),
    }
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    // Unlike those of web addresses, these hosts are not put into lower case by the `url` crate.
    let is_lower_name = is_host(host) && !host.bytes().any(|byte| byte.is_ascii_uppercase());
    is_lower_name && port.is_none_or(|port| parse_port(port).is_some())
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_as_a_browser_sends_it() {
        for text in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://[::1]:9",
            "https://xn--bcher-kva.example",
            "capacitor://localhost",
            "chrome-extension://abcdefghijklmnop",
            "tauri://localhost:1420",
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!((origin.as_str(), origin.to_string().as_str()), (text, text));
        }
    }

    #[test]
    fn null_is_nobodys_origin() {
        assert_eq!(Origin::parse("null"), Err(InvalidOrigin::Null));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let oversized = format!("https://{}.example", "a".repeat(400));
        for text in [
            "",
            "*",
            "NULL",
            "https://",
            "https://*",
            "https://*.example",
            "https://app.example/",
            "https://app.example/cb",
            "https://app.example?a",
            "https://app.example#a",
            "https://app.example:443",
            "https://app.example:08443",
            "https://app.example:",
            "HTTPS://app.example",
            "https://App.example",
            "https://user@app.example",
            "https://app.example, https://other.example",
            "https://app.example https://other.example",
            " https://app.example",
            "https://app.example\n",
            "https://app.example\0",
            "https://bücher.example",
            "https:app.example",
            "https:\\\\app.example",
            "http://2130706433",
            "app.example",
            "file://",
            "file://host",
            "ws://app.example",
            "wss://app.example",
            "ftp://app.example",
            "file:///etc",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:https://app.example",
            "capacitor://",
            "capacitor:localhost",
            "capacitor://Localhost",
            "capacitor://localhost/",
            "capacitor://localhost:",
            "capacitor://a@b",
            "capacitor://*",
            "capacitor://[::1]",
            &oversized,
        ] {
            assert_eq!(
                Origin::parse(text),
                Err(InvalidOrigin::Spelling),
                "{text:?}"
            );
        }
    }
}
