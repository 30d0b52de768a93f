//! Authorization requests of a known client (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

use std::sync::{Arc, LazyLock};

use gatelodge_conformance::samples;
use gatelodge_domain::{Client, CodeChallenge, Id, RedirectUri};
use gatelodge_http::fuzzing;
use gatelodge_usecases::authorize::fuzzing::authorization_request;

static CLIENT: LazyLock<(Arc<Client>, RedirectUri)> = LazyLock::new(|| {
    let uri = RedirectUri::parse("https://app.example/callback").expect("a redirect URI");
    (Arc::new(samples::full_client(Id::from_u128(1))), uri)
});

/// Holds what these parsers promise against any bytes.
pub fn hold(query: &[u8]) {
    let Some(parameters) = fuzzing::form(query) else {
        return;
    };
    let (client, redirect_uri) = &*CLIENT;
    let Ok(read) = authorization_request(client, redirect_uri, &parameters) else {
        return;
    };
    let one = |name: &str| parameters.one(name).expect("a repeated one is refused");
    assert_eq!(read.state.as_deref(), one("state"));
    assert_eq!(read.scopes.is_some(), one("scope").is_some());
    assert!(one("request").is_none() && one("request_uri").is_none());
    assert!(parameters.many("registration").next().is_none());
    for resource in &read.resources {
        assert!(
            resource.contains(':') && !resource.contains('#'),
            "{resource}"
        );
    }
    assert_eq!(read.challenge.as_deref(), one("code_challenge"));
    if let Some(challenge) = &read.challenge {
        assert!(CodeChallenge::parse(challenge, one("code_challenge_method")).is_ok());
    }
    if let Some(prompt) = one("prompt") {
        let words: Vec<&str> = prompt.split(' ').filter(|word| !word.is_empty()).collect();
        assert!(!words.contains(&"none") || words.iter().all(|word| *word == "none"));
    }
    if let Some(age) = one("max_age") {
        assert!(age.bytes().all(|byte| byte.is_ascii_digit()), "{age}");
    }
}
