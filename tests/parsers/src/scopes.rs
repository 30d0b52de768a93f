//! Scopes (RFC 6749 §3.3).

use gatelodge_domain::{Scope, ScopeSet};

use crate::decode;

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |texts: (&str, &str)| {
        let (one, other) = texts;
        if let Ok(scope) = Scope::parse(one) {
            assert_eq!(scope.as_str(), one);
            assert!(is_token(one), "{one:?}");
        }
        let Ok(set) = ScopeSet::parse(one) else {
            return;
        };
        assert!(set.len() <= ScopeSet::MAX);
        assert!(set.iter().all(|scope| is_token(scope.as_str())));
        let printed = set.to_string();
        assert_eq!(ScopeSet::parse(&printed).as_ref(), Ok(&set), "{printed:?}");
        assert!(
            one.split(' ')
                .filter(|word| !word.is_empty())
                .all(|word| set.contains(word))
        );
        if let Ok(granted) = ScopeSet::parse(other) {
            let both = set.intersection(&granted);
            assert!(both.is_subset(&set) && both.is_subset(&granted));
            let left = set.difference(&granted);
            assert_eq!(both.union(&left), set);
            assert!(left.iter().all(|scope| !granted.contains(scope.as_str())));
        }
    });
}
