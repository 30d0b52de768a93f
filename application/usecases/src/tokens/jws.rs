//! Taking a compact JWS apart (RFC 7515 §7.1) without believing a word of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

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
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

/// That a member is there, whatever its value: `null` too.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
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
    // As text: what is skipped must be UTF-8 too (RFC 7515 §5.2, step 3).
    let header = String::from_utf8(decode(header)?).ok()?;
    // A header is an object (§4); members would be read from an array too, by their order.
    if !header.trim_start().starts_with('{') {
        return None;
    }
    let header: Header = serde_json::from_str(&header).ok()?;
    if header.crit {
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
    fn a_header_that_is_no_utf_8_is_refused_wherever_it_is_not() {
        let token = |note: &[u8]| {
            let header = [br#"{"alg":"ES256","note":""#, note, br#""}"#].concat();
            format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
        };
        assert!(parse_jws(&token("ö".as_bytes())).is_some());
        assert!(parse_jws(&token(b"\xd2\x91\xff")).is_none());
    }

    #[test]
    fn a_header_that_is_no_object_is_refused() {
        let token = |header: &str| format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header));
        assert!(parse_jws(&token(" {\"alg\":\"ES256\"}")).is_some());
        for header in [
            r#"["ES256","key","at+jwt"]"#,
            r#" ["ES256",null,null]"#,
            r#""ES256""#,
        ] {
            assert!(parse_jws(&token(header)).is_none(), "{header}");
        }
    }

    #[test]
    fn an_unknown_critical_extension_is_refused() {
        let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let plain = format!("{}.{}.AA", encode(r#"{"alg":"ES256"}"#), encode("{}"));
        assert!(parse_jws(&plain).is_some());
        for critical in [r#"["x"]"#, "[]", "null", "false"] {
            let header = format!(r#"{{"alg":"ES256","crit":{critical}}}"#);
            let token = format!("{}.{}.AA", encode(&header), encode("{}"));
            assert!(parse_jws(&token).is_none(), "{critical}");
        }
    }
}
