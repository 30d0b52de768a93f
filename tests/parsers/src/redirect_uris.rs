//! Redirect URIs and origins (RFC 6749 §3.1.2, RFC 8252 §7.3, RFC 9700 §4.1.3).

use gatelodge_domain::{Origin, RedirectUri};
use url::Url;

use crate::decode;

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |texts: (&str, &str)| {
        let (one, other) = texts;
        if let Ok(origin) = Origin::parse(one) {
            assert_eq!(Origin::parse(origin.as_str()), Ok(origin));
        }
        let Ok(registered) = RedirectUri::parse(one) else {
            return;
        };
        let text = registered.as_str();
        assert_eq!(text, one, "what is registered is kept as text");
        assert!(!text.contains('#'), "a fragment: {text}");
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
        assert!(text.len() <= RedirectUri::MAX_LENGTH);
        assert_eq!(RedirectUri::parse(text).as_ref(), Ok(&registered));
        assert!(registered.accepts(&registered));
        // Another reader, a browser's, must see the same host: what differs is an open redirect.
        if let (Some(ours), Ok(theirs)) = (registered.origin(), Url::parse(text)) {
            let theirs = theirs.origin().ascii_serialization();
            assert_eq!(ours.as_str(), theirs, "{text}");
        }
        if let Ok(presented) = RedirectUri::parse(other)
            && presented.as_str() != text
            && registered.accepts(&presented)
        {
            assert!(registered.is_loopback_http(), "{text} took {other}");
            assert!(presented.is_loopback_http(), "{text} took {other}");
            let (Ok(mut ours), Ok(mut theirs)) = (Url::parse(text), Url::parse(other)) else {
                panic!("{text} took {other}");
            };
            let _ = (ours.set_port(None), theirs.set_port(None));
            assert_eq!(ours, theirs, "more than the port differs");
        }
    });
}
