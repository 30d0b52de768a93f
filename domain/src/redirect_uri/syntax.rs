//! Taking a redirect URI apart without changing it.
//!
//! The text is cut by the grammar of RFC 3986 and then shown to the `url` crate; where the two
//! disagree about host or path, a browser would go elsewhere than the text says.

use url::Url;

use super::{InvalidRedirectUri, RedirectUri};

const FORBIDDEN_SCHEMES: [&str; 6] = ["javascript", "data", "file", "vbscript", "blob", "about"];

/// What a redirect URI is made of, as places in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Parts {
    pub(super) scheme: Scheme,
    /// What follows `//`; always there for http and https.
    pub(super) authority: Option<Authority>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scheme {
    Https,
    Http,
    /// RFC 8252 §7.1.
    PrivateUse,
}

/// Host and port, as places in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Authority {
    pub(super) host_start: usize,
    pub(super) host_end: usize,
    pub(super) port: Option<u16>,
    /// Where the path starts.
    pub(super) end: usize,
}

impl Authority {
    pub(super) fn host(self, text: &str) -> &str {
        &text[self.host_start..self.host_end]
    }
}

pub(super) fn parse(text: &str) -> Result<Parts, InvalidRedirectUri> {
    if text.is_empty() || text.len() > RedirectUri::MAX_LENGTH {
        return Err(InvalidRedirectUri::Length);
    }
    check_characters(text)?;
    let colon = text.find(':').ok_or(InvalidRedirectUri::Scheme)?;
    let scheme = scheme(&text[..colon])?;
    let rest = colon + 1;
    let authority = match text[rest..].strip_prefix("//") {
        Some(_) => Some(authority(text, rest + 2)?),
        None if scheme == Scheme::PrivateUse => None,
        None => return Err(InvalidRedirectUri::Scheme),
    };
    let path_start = authority.map_or(rest, |authority| authority.end);
    let path_end = text[path_start..]
        .find('?')
        .map_or(text.len(), |length| path_start + length);
    let path = &text[path_start..path_end];
    check_path(path)?;
    check_as_a_browser(text, scheme, authority, path)?;
    Ok(Parts { scheme, authority })
}

/// The characters of RFC 3986 §2, and `%` only before two digits. An encoded control
/// character is refused too: decoded by a careless program behind the URI, a line break
/// splits its headers.
fn check_characters(text: &str) -> Result<(), InvalidRedirectUri> {
    if text.contains('#') {
        return Err(InvalidRedirectUri::Fragment);
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
    if !text.bytes().all(allowed) {
        return Err(InvalidRedirectUri::Character);
    }
    for encoded in text.split('%').skip(1) {
        let digits = encoded
            .get(..2)
            .ok_or(InvalidRedirectUri::PercentEncoding)?;
        // This would take a plus for a digit, but only to make a control character of it.
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if !byte.is_ascii_control() => {}
            _ => return Err(InvalidRedirectUri::PercentEncoding),
        }
    }
    Ok(())
}

fn scheme(name: &str) -> Result<Scheme, InvalidRedirectUri> {
    let name = name.to_ascii_lowercase();
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || !name.bytes().all(letters) {
        return Err(InvalidRedirectUri::Scheme);
    }
    match name.as_str() {
        "https" => Ok(Scheme::Https),
        "http" => Ok(Scheme::Http),
        forbidden if FORBIDDEN_SCHEMES.contains(&forbidden) => {
            Err(InvalidRedirectUri::ForbiddenScheme)
        }
        private_use if private_use.contains('.') => Ok(Scheme::PrivateUse),
        _ => Err(InvalidRedirectUri::Scheme),
    }
}

fn authority(text: &str, host_start: usize) -> Result<Authority, InvalidRedirectUri> {
    let end = text[host_start..]
        .find(['/', '?'])
        .map_or(text.len(), |length| host_start + length);
    let authority = &text[host_start..end];
    if authority.contains('@') {
        return Err(InvalidRedirectUri::UserInfo);
    }
    // The colons of an IPv6 address are inside brackets.
    let after_address = match (authority.starts_with('['), authority.find(']')) {
        (true, Some(bracket)) => bracket + 1,
        (true, None) => return Err(InvalidRedirectUri::Host),
        (false, _) => 0,
    };
    let host_end = match authority[after_address..].find(':') {
        Some(0) if after_address == 0 => return Err(InvalidRedirectUri::Host),
        Some(colon) => host_start + after_address + colon,
        None => end,
    };
    let port = match text[host_end..end].strip_prefix(':') {
        Some(port) => Some(parse_port(port).ok_or(InvalidRedirectUri::Port)?),
        None => None,
    };
    Ok(Authority {
        host_start,
        host_end,
        port,
        end,
    })
}

/// A port in its one spelling.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    text.parse::<u16>()
        .ok()
        .filter(|port| port.to_string() == text)
}

/// Whether a web host has only characters that names and addresses have. The `url` crate also
/// takes `*`, which an operator would think to stand for any name.
pub(super) fn is_host(host: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    host.starts_with('[') || (!host.is_empty() && host.bytes().all(name))
}

/// Refuses what the `url` crate leaves alone but servers do not; the plain `.` and `..` are
/// noticed by [`check_as_a_browser`].
fn check_path(path: &str) -> Result<(), InvalidRedirectUri> {
    let lower = path.to_ascii_lowercase();
    if lower.contains("%2e") || lower.contains("%5c") {
        return Err(InvalidRedirectUri::Path);
    }
    Ok(())
}

/// What the `url` crate makes of the text must be what the text says.
fn check_as_a_browser(
    text: &str,
    scheme: Scheme,
    authority: Option<Authority>,
    path: &str,
) -> Result<(), InvalidRedirectUri> {
    let url = Url::parse(text).map_err(|_| InvalidRedirectUri::Host)?;
    let written = authority
        .map(|authority| authority.host(text))
        .filter(|host| !host.is_empty());
    let host_agrees = match (written, url.host_str()) {
        (Some(written), Some(read)) => {
            written.eq_ignore_ascii_case(read) && (scheme == Scheme::PrivateUse || is_host(read))
        }
        (None, None | Some("")) => scheme == Scheme::PrivateUse,
        _ => false,
    };
    if !host_agrees {
        return Err(InvalidRedirectUri::Host);
    }
    // A browser resolves dot segments, and writes the missing path of a web address as a slash.
    if url.path() != path && !(path.is_empty() && url.path() == "/") {
        return Err(InvalidRedirectUri::Path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(because: InvalidRedirectUri, texts: &[&str]) {
        for text in texts {
            assert_eq!(parse(text), Err(because), "{text:?}");
        }
    }

    #[test]
    fn honest_redirect_uris_are_taken() {
        for text in [
            "https://app.example",
            "https://app.example/",
            "https://app.example:8443/a/b;c=d/~e?f=g%20h&i[]=j",
            "https://app.example?a=b",
            "https://app.example/a//b/...well/.known",
            "https://app.example/cb?next=https://other.example/..%2f",
            "https://xn--bcher-kva.example/cb",
            "https://app_1.example/caf%C3%A9",
            "http://127.0.0.1:51004/cb",
            "http://[::1]:51004/cb",
            "http://localhost:3000/cb",
            "com.example.app:/oauth2redirect",
            "com.example.app:oauth2redirect",
            "com.example.app://callback/Path",
            "com.example.app://",
            "com.example.app:///cb",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
        let longest = format!("https://app.example/{}", "a".repeat(1980));
        assert_eq!(longest.len(), RedirectUri::MAX_LENGTH);
        assert!(parse(&longest).is_ok());
    }

    #[test]
    fn oversized_and_empty_ones_are_refused() {
        refused(
            InvalidRedirectUri::Length,
            &[
                "",
                &format!("https://app.example/{}", "a".repeat(1981)),
                &"a".repeat(10_000_000),
            ],
        );
    }

    #[test]
    fn a_fragment_is_refused_even_if_empty() {
        refused(
            InvalidRedirectUri::Fragment,
            &[
                "https://app.example/#",
                "https://app.example/cb#x",
                "com.example.app:/#x",
            ],
        );
    }

    #[test]
    fn characters_that_browsers_drop_or_turn_are_refused() {
        refused(
            InvalidRedirectUri::Character,
            &[
                " https://app.example/",
                "https://app.example/ ",
                "https://app.example/\0",
                "https://app.example/\r\nLocation:x",
                "https://app\t.example/",
                "java\nscript:alert(1)",
                "\u{1}javascript:alert(1)",
                "https:\\\\evil.example/",
                "https://app.example\\@evil.example/",
                "https://app.example/\\evil.example",
                "https://аpp.example/",
                "https://app.example/é",
                "https://ａpp.example/",
                "https://app.example/\u{202e}",
                "https://app。example/",
                "https://app.example/<script>",
                "https://app.example/\"x",
                "https://app.example/{x}",
                "https://app.example/a|b",
                "https://app.example/a^b`",
                "https://app.example/\x7f",
            ],
        );
    }

    #[test]
    fn percent_signs_must_mean_something_harmless() {
        refused(
            InvalidRedirectUri::PercentEncoding,
            &[
                "https://app.example/%",
                "https://app.example/%2",
                "https://app.example/%zz",
                "https://app.example/%+1",
                "https://app.example/%%41",
                "https://app.example/%00",
                "https://app.example/cb?x=%0d%0aLocation:y",
                "https://app.example/%7F",
            ],
        );
    }

    #[test]
    fn schemes_that_run_code_are_refused() {
        refused(
            InvalidRedirectUri::ForbiddenScheme,
            &[
                "javascript:alert(1)",
                "JavaScript://app.example/%250aalert(1)",
                "data:text/html,x",
                "file:///etc/passwd",
                "vbscript:x",
                "blob:https://app.example/x",
                "about:blank",
            ],
        );
    }

    #[test]
    fn other_schemes_are_refused_unless_they_have_a_dot() {
        refused(
            InvalidRedirectUri::Scheme,
            &[
                "app.example/cb",
                "/cb",
                "//app.example/cb",
                "?a=b",
                ":",
                "://app.example",
                "myapp:/cb",
                "ftp://app.example/",
                "ws://app.example/",
                "urn:ietf:wg:oauth:2.0:oob",
                "view-source:https://app.example/",
                "1com.example:/cb",
                ".com.example:/cb",
                "com_x.example:/cb",
                "https:app.example/",
                "https:/app.example/",
                "https:",
            ],
        );
    }

    #[test]
    fn nobody_stands_before_the_host() {
        refused(
            InvalidRedirectUri::UserInfo,
            &[
                "https://app.example@evil.example/",
                "https://user:pass@app.example/",
                "https://@app.example/",
                "https://:@app.example/",
                "https://app.example:443@evil.example/",
                "com.example.app://user@host/cb",
                "http://127.0.0.1:80@evil.example/",
            ],
        );
    }

    #[test]
    fn a_host_is_there_and_in_its_usual_spelling() {
        refused(
            InvalidRedirectUri::Host,
            &[
                "https://",
                "https:///app.example/",
                "https:////app.example/",
                "https://?a",
                "https://:443/",
                "http://2130706433/",
                "http://0x7f.1/",
                "http://127.1/",
                "http://0177.0.0.1/",
                "http://127.0.0.1./",
                "http://[0:0:0:0:0:0:0:1]/",
                "http://[::ffff:127.0.0.1]/",
                "http://[::1/",
                "http://::1/",
                "http://[::1]evil.example/",
                "https://%61pp.example/",
                "https://app%2eexample/",
                "https://999.999.999.999/",
                "https://xn--/",
                "https://*/",
                "https://*.example/cb",
                "https://app,evil.example/",
                "https://a;b.example/",
                "com.example.app://:80/cb",
            ],
        );
    }

    #[test]
    fn a_port_has_one_spelling() {
        refused(
            InvalidRedirectUri::Port,
            &[
                "https://app.example:/",
                "https://app.example:0443/",
                "https://app.example:+443/",
                "https://app.example:65536/",
                "https://app.example:x/",
                "https://app.example:443:443/",
                "http://[::1]:/",
                "com.example.app://host:/",
            ],
        );
    }

    #[test]
    fn dot_segments_are_refused_in_every_spelling() {
        refused(
            InvalidRedirectUri::Path,
            &[
                "https://app.example/cb/../evil",
                "https://app.example/cb/..",
                "https://app.example/..",
                "https://app.example/./cb",
                "https://app.example/cb/.",
                "https://app.example/cb/%2e%2e/evil",
                "https://app.example/cb/.%2E/evil",
                "https://app.example/%2e",
                "https://app.example/cb/..%2fevil%2e",
                "https://app.example/%5cevil",
                "https://app.example/%5C..",
                "com.example.app:/a/../b",
            ],
        );
    }
}
