//! `application/x-www-form-urlencoded` for queries and fragments: everything but the
//! unreserved characters of RFC 3986 §2.3 is percent-encoded, so no reader can differ.

use core::fmt::Write as _;

/// The pairs as text.
pub(super) fn encode(pairs: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        escape(&mut text, name);
        text.push('=');
        escape(&mut text, value);
    }
    text
}

fn escape(text: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
}
