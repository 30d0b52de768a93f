//! `Cookie` headers (RFC 6265 §4.2.1).

use gatelodge_http::fuzzing;

use crate::decode;

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |headers: Vec<&str>| {
        let received = fuzzing::cookies(headers.iter().copied());
        for (name, value) in &received {
            assert!(!name.contains([';', '=']) && !value.contains(';'));
            assert_eq!((name.trim(), value.trim()), (name.as_str(), value.as_str()));
        }
        let printed: Vec<String> = received
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let joined = printed.join("; ");
        let again = fuzzing::cookies(std::iter::once(joined.as_str()));
        assert_eq!(
            again, received,
            "one header or many, the cookies are the same"
        );
    });
}
