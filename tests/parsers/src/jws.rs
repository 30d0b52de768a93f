//! Compact JWS: access tokens and `id_token_hint` before their signature is looked at
//! (RFC 7515 §5.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_usecases::tokens::parse_jws;

use crate::decode;

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |input: (&str, &str, &[u8], bool)| {
        let (text, header, payload, wrap) = input;
        check(text);
        if wrap {
            // Straight to the JSON: base64url is a wall for a mutator.
            let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let whole = format!(
                "{}.{}.{}",
                part(header.as_bytes()),
                part(payload),
                part(b"sig")
            );
            if let Some(jws) = check(&whole) {
                assert_eq!(jws, payload);
            }
        }
    });
}

fn check(text: &str) -> Option<Vec<u8>> {
    let jws = parse_jws(text)?;
    assert!(text.len() <= 16 * 1024);
    let signature = URL_SAFE_NO_PAD.encode(&jws.signature);
    assert_eq!(
        text,
        format!("{}.{signature}", jws.signing_input),
        "a token has one text"
    );
    let (header, payload) = jws
        .signing_input
        .split_once('.')
        .expect("two parts are signed");
    assert_eq!(URL_SAFE_NO_PAD.encode(&jws.payload), payload);
    let header = URL_SAFE_NO_PAD
        .decode(header)
        .expect("a header that was read");
    let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON that was read");
    assert_eq!(header["alg"], jws.algorithm.as_str());
    assert!(header.get("crit").is_none(), "an unknown extension");
    Some(jws.payload)
}
