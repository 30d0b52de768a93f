//! Queries and forms (WHATWG URL §5.1, RFC 6749 appendix B).

use gatelodge_http::fuzzing;
use gatelodge_usecases::Parameters;

/// Holds what these parsers promise against any bytes.
pub fn hold(text: &[u8]) {
    let Some(parameters) = fuzzing::form(text) else {
        return;
    };
    let pairs = parameters.pairs();
    assert!(pairs.len() <= Parameters::MAX);
    let theirs: Vec<(String, String)> = url::form_urlencoded::parse(text).into_owned().collect();
    assert_eq!(
        pairs, theirs,
        "another reader of the same form sees something else"
    );
    let printed = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let again = fuzzing::form(printed.as_bytes()).expect("what was printed");
    assert_eq!(again.pairs(), pairs);
    for (name, value) in pairs {
        let filled = pairs
            .iter()
            .filter(|(other, text)| other == name && !text.is_empty());
        match parameters.one(name) {
            Ok(Some(one)) => assert!(filled.count() == 1 && !one.contains('\0')),
            Ok(None) => assert_eq!(filled.count(), 0),
            Err(_) => assert!(filled.count() > 1 || value.contains('\0') || value.is_empty()),
        }
    }
}
