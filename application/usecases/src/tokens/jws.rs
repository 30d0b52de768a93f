//! Taking a compact JWS apart (RFC 7515 §7.1) without believing a word of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// Longer texts are not tokens of ours.
const MAX_LENGTH: usize = 16 * 1024;

/// A JWS whose signature has not been checked.
#[derive(Debug)]
pub struct UnverifiedJws<'a> {
    /// `alg`
    pub algorithm: String,
    /// `kid`
    pub key_id: Option<String>,
    /// `typ`
    pub token_type: Option<String>,
    /// `header.payload`, as it was signed.
    pub signing_input: &'a str,
    /// The decoded payload.
    pub payload: Vec<u8>,
    /// The decoded signature.
    pub signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

/// Takes a compact JWS apart. `None` when it is none, is too long, or demands an extension
/// that we do not know (`crit`, RFC 7515 §4.1.11).
pub fn parse_jws(text: &str) -> Option<UnverifiedJws<'_>> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let (signing_input, signature) = text.rsplit_once('.')?;
    let (header, payload) = signing_input.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    if header.crit.is_some() {
        return None;
    }
    Some(UnverifiedJws {
        algorithm: header.alg,
        key_id: header.kid,
        token_type: header.typ,
        signing_input,
        payload: decode(payload)?,
        signature: decode(signature)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_jws_is_refused() {
        for text in [
            "",
            ".",
            "..",
            "a.b",
            "a.b.c",
            "e30.e30.!",
            "e30.e30.e30.e30",
        ] {
            assert!(parse_jws(text).is_none(), "{text}");
        }
        assert!(parse_jws(&"a".repeat(MAX_LENGTH + 1)).is_none());
    }

    #[test]
    fn an_unknown_critical_extension_is_refused() {
        let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let plain = format!("{}.{}.AA", encode(r#"{"alg":"ES256"}"#), encode("{}"));
        assert!(parse_jws(&plain).is_some());
        let critical = format!(
            "{}.{}.AA",
            encode(r#"{"alg":"ES256","crit":["x"]}"#),
            encode("{}")
        );
        assert!(parse_jws(&critical).is_none());
    }
}
