//! What libFuzzer found worth keeping, replayed: no input of the corpora breaks a promise.

#![expect(
    clippy::unwrap_used,
    reason = "a corpus that cannot be read ends its test"
)]

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

/// Holds every input of a corpus against its target, and names those that break a promise.
fn replay(name: &str, target: fn(&[u8])) {
    let inputs = fs::read_dir(corpora().join(name)).unwrap();
    let mut broken = Vec::new();
    let mut count = 0;
    for input in inputs {
        let path = input.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        if catch_unwind(|| target(&bytes)).is_err() {
            broken.push(path);
        }
        count += 1;
    }
    assert!(count > 0, "the corpus of {name} is empty");
    assert!(broken.is_empty(), "promises are broken by {broken:#?}");
}

macro_rules! corpora {
    ($($name:ident)*) => {
        $(
            mod $name {
                #[test]
                fn stands_its_corpus() {
                    super::replay(stringify!($name), gatelodge_parsers::$name::hold);
                }
            }
        )*

        #[test]
        fn every_corpus_is_replayed() {
            let replayed = [$(stringify!($name)),*];
            for folder in fs::read_dir(corpora()).unwrap() {
                let name = folder.unwrap().file_name().into_string().unwrap();
                assert!(replayed.contains(&name.as_str()), "nobody replays {name}");
            }
        }
    };
}

corpora! {
    authorization_request
    client_authentication
    client_metadata
    configuration
    cookies
    forwarded
    headers
    identifiers
    jws
    names
    opaque_tokens
    parameters
    pkce
    redirect_uris
    scopes
}
