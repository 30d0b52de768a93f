//! How a client names and proves itself: the Basic header and the form (RFC 6749 §2.3.1).

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_domain::client::ClientAuthenticationMethod;
use gatelodge_http::fuzzing;
use gatelodge_usecases::client_authentication::{
    ClientAuthentication, ClientRequest, built_in_methods,
};

use crate::decode;

static METHODS: LazyLock<Vec<std::sync::Arc<dyn ClientAuthentication>>> =
    LazyLock::new(built_in_methods);

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |input: (Option<&str>, &[u8], bool)| {
        let (header, body, wrap) = input;
        let Some(parameters) = fuzzing::form(body) else {
            return;
        };
        let wrapped = header.map(|text| format!("Basic {}", STANDARD.encode(text)));
        let request = ClientRequest {
            authorization: if wrap { wrapped.as_deref() } else { header },
            parameters: &parameters,
        };
        for method in METHODS.iter() {
            let Ok(Some(presented)) = method.present(&request) else {
                continue;
            };
            let secret = presented
                .secret
                .as_ref()
                .map(|secret| secret.expose().as_str());
            match method.method() {
                ClientAuthenticationMethod::ClientSecretBasic => {
                    let sent = request.authorization.expect("a header");
                    assert!(
                        sent.get(..5)
                            .is_some_and(|name| name.eq_ignore_ascii_case("basic"))
                    );
                    let encode = |text: &str| {
                        url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                    };
                    let pair = [
                        encode(&presented.client_id),
                        encode(secret.unwrap_or_default()),
                    ];
                    let printed = format!("Basic {}", STANDARD.encode(pair.join(":")));
                    let same = ClientRequest {
                        authorization: Some(&printed),
                        ..request
                    };
                    let again = method.present(&same).expect("read").expect("present");
                    assert_eq!(again.client_id, presented.client_id);
                    assert_eq!(
                        again.secret.expect("a secret").expose(),
                        secret.expect("a secret")
                    );
                }
                ClientAuthenticationMethod::None => assert!(secret.is_none()),
                _ => assert_eq!(parameters.one("client_secret").ok().flatten(), secret),
            }
            if let Ok(Some(named)) = parameters.one("client_id") {
                assert_eq!(named, presented.client_id, "two clients in one request");
            }
        }
    });
}
