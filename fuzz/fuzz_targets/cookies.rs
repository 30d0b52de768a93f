//! `Cookie` headers (RFC 6265 §4.2.1).
#![no_main]

use gatelodge_http::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|headers: Vec<&str>| {
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
