//! A client's registration as JSON, its JWK set included (RFC 7591 §2, RFC 7517 §5).

use gatelodge_http::fuzzing;
use serde_json::Value;

/// Holds what these parsers promise against any bytes.
pub fn hold(body: &[u8]) {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return;
    };
    let Some(new) = fuzzing::client(members.clone()) else {
        return;
    };
    let registration = &new.registration;
    if let Some(jwks) = &registration.metadata.jwks {
        let document: Value = serde_json::from_str(jwks).expect("JSON");
        assert_eq!(Some(&document), members.get("jwks"), "kept as it was sent");
        assert!(document["keys"].is_array() && jwks.len() <= 65_536);
    }
    for uri in registration
        .redirect_uris
        .iter()
        .chain(&registration.post_logout_redirect_uris)
    {
        assert!(!uri.as_str().contains('#'));
    }
    for kind in &registration.response_types {
        let words: Vec<&str> = kind.split(' ').collect();
        assert!(words.is_sorted(), "{kind} has another spelling");
    }
    let texts = [
        &registration.metadata.client_uri,
        &registration.metadata.logo_uri,
        &registration.metadata.jwks_uri,
        &registration.metadata.backchannel_logout_uri,
    ];
    for text in texts.into_iter().flatten() {
        assert!(!text.is_empty() && text.len() <= 2_000 && !text.chars().any(char::is_control));
    }
}
