//! Queries and forms as pairs, so that repeats can be refused.
//!
//! `application/x-www-form-urlencoded` (WHATWG URL §5.1), but strict: what is not UTF-8 after
//! decoding is refused rather than replaced, because a replaced character is another value.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev, web};
use gatelodge_usecases::{Denial, ErrorCode, Parameters};

use crate::errors::HttpError;

const FORM: &str = "application/x-www-form-urlencoded";

/// Largest form in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The parameters of the query.
pub struct QueryParameters(pub Parameters);

/// The parameters of a posted form.
pub struct FormParameters(pub Parameters);

impl FromRequest for QueryParameters {
    type Error = HttpError;
    type Future = std::future::Ready<Result<Self, HttpError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(decode(request.query_string().as_bytes()).map(Self))
    }
}

impl FromRequest for FormParameters {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM));
        let body = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !is_form {
                return Err(invalid(
                    "the body must be application/x-www-form-urlencoded",
                ));
            }
            let body = body
                .await
                .map_err(|_| invalid("the body cannot be read"))?
                .to_bytes_limited(MAX_BODY)
                .await
                .map_err(|_| invalid("the body is too large"))?
                .map_err(|_| invalid("the body cannot be read"))?;
            decode(&body).map(Self)
        })
    }
}

const fn invalid(description: &'static str) -> HttpError {
    HttpError::Denied(Denial::new(ErrorCode::InvalidRequest, description))
}

/// The pairs of an encoded text.
pub(crate) fn decode(text: &[u8]) -> Result<Parameters, HttpError> {
    let pairs = text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match at {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            Some((unescape(name)?, unescape(value)?))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| invalid("a parameter is not UTF-8"))?;
    Ok(Parameters::new(pairs)?)
}

fn unescape(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    // Whatever stands for itself is copied in one piece; a token is nothing else.
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'%' | b'+')) {
        let (plain, special) = rest.split_at(at);
        bytes.extend_from_slice(plain);
        let escaped = match special {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)),
            _ => None,
        };
        let (byte, length) = match (escaped, special) {
            (Some((high, low)), _) => (high << 4 | low, 3),
            (None, [b'+', ..]) => (b' ', 1),
            (None, _) => (b'%', 1),
        };
        bytes.push(byte);
        rest = &special[length..];
    }
    bytes.extend_from_slice(rest);
    String::from_utf8(bytes).ok()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &[u8]) -> Vec<(String, String)> {
        decode(text).unwrap().pairs().to_vec()
    }

    #[test]
    fn pairs_are_decoded_in_their_order_and_repeats_kept() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            pairs(b"a=1&&b=x+y%2B%c3%a9&a=2&c&=d&e=1%2&f=%zz"),
            [
                pair("a", "1"),
                pair("b", "x y+\u{e9}"),
                pair("a", "2"),
                pair("c", ""),
                pair("", "d"),
                pair("e", "1%2"),
                pair("f", "%zz"),
            ]
        );
        assert_eq!(pairs(b""), []);
    }

    #[test]
    fn what_is_no_utf_8_is_refused() {
        for text in [&b"a=%ff"[..], b"a=\xff", b"%c3=1"] {
            assert!(decode(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        assert!(decode("a=1&".repeat(Parameters::MAX + 1).as_bytes()).is_err());
    }
}
