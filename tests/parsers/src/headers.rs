//! Request headers that are read: `Accept-Language`, `If-Match`, `If-None-Match`,
//! `Authorization` (RFC 9110 §12.5.4, §13.1, §11.6.2).

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::test::TestRequest;
use arbitrary::Arbitrary;
use gatelodge_http::pages::Languages;
use gatelodge_http::{cached, fuzzing};

use crate::decode;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    language: Option<&'a str>,
    locales: Option<&'a str>,
    tags: Vec<&'a [u8]>,
    authorization: &'a [u8],
    revision: u32,
}

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |input: Input<'_>| {
        let languages = Languages::default();
        let texts = languages.choose(input.language, input.locales, None);
        let own = languages.choose(None, Some(texts.lang.as_str()), None);
        assert_eq!(own.lang.as_str(), texts.lang.as_str());
        if input.locales.is_none_or(str::is_empty) {
            let named = input.language.unwrap_or_default().to_ascii_lowercase();
            assert!(texts.lang.as_str() == "en" || named.contains(texts.lang.as_str()));
        }

        let tag = format!("\"{}\"", input.revision);
        let request = |name: HeaderName| {
            let mut request = TestRequest::default();
            for value in input.tags.iter().take(8) {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    request = request.append_header((name.clone(), value));
                }
            }
            request.to_http_request()
        };
        let sent = request(header::IF_MATCH);
        let lines: Vec<&[u8]> = sent
            .headers()
            .get_all(header::IF_MATCH)
            .map(HeaderValue::as_bytes)
            .collect();
        let names = |text: &str| {
            lines
                .iter()
                .any(|line| String::from_utf8_lossy(line).contains(text))
        };
        if fuzzing::if_match(&sent, input.revision) {
            assert!(lines.is_empty() || names(&tag) || names("*"));
        } else {
            assert!(
                !lines.is_empty(),
                "a request without If-Match is not refused by it"
            );
        }
        if cached::has(&request(header::IF_NONE_MATCH), &tag) {
            assert!(names(&tag) || names("*"));
        }

        if let Ok(value) = HeaderValue::from_bytes(input.authorization) {
            let request = TestRequest::default().insert_header((header::AUTHORIZATION, value));
            let read = fuzzing::authorization(&request.to_http_request()).expect("a header");
            if let Ok(text) = std::str::from_utf8(input.authorization) {
                assert_eq!(read, text);
            }
        }
    });
}
