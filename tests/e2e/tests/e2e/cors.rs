//! Cross-origin requests: who may read which answer.

use gatelodge_testkit::{Http, RelyingParty, Server};

use crate::story::{public_client, shared};

fn allowed(server: &Server, method: &str, path: &str, origin: &str) -> Option<String> {
    let url = format!("{}{path}", server.issuer);
    let answer = match method {
        "OPTIONS" => Http::default().send(
            method,
            &url,
            &[
                ("origin", origin),
                ("access-control-request-method", "POST"),
            ],
            b"",
        ),
        _ => Http::default().send(method, &url, &[("origin", origin)], b""),
    };
    assert!(answer.header("access-control-allow-credentials").is_none());
    answer
        .header("access-control-allow-origin")
        .map(str::to_owned)
}

fn own_origin(party: &RelyingParty) -> String {
    let uri = &party.redirect_uri;
    let end = uri
        .match_indices('/')
        .nth(2)
        .map_or(uri.len(), |(at, _)| at);
    uri[..end].to_owned()
}

#[test]
fn discovery_and_keys_are_for_everybody() {
    let server = &shared();
    for path in ["/.well-known/openid-configuration", "/oauth2/jwks"] {
        let seen = allowed(server, "GET", path, "https://anybody.example");
        assert_eq!(seen.as_deref(), Some("*"), "{path}");
    }
}

#[test]
fn the_token_endpoint_is_for_origins_of_clients() {
    let server = &shared();
    let party = public_client(server, "openid");
    let own = own_origin(&party);
    assert_eq!(
        allowed(server, "OPTIONS", "/oauth2/token", &own),
        Some(own.clone())
    );
    assert_eq!(
        allowed(server, "OPTIONS", "/oauth2/token", "https://evil.example"),
        None
    );
    let url = format!("{}/oauth2/token", server.issuer);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", party.client_id.as_str()),
    ];
    let answer = Http::default().post_form(&url, &[("origin", &own)], &form);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some(own.as_str())
    );
    let answer = Http::default().post_form(&url, &[("origin", "https://evil.example")], &form);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn pages_and_the_admin_port_are_for_nobody() {
    let server = &shared();
    let own = own_origin(&public_client(server, "openid"));
    assert_eq!(allowed(server, "GET", "/oauth2/authorize", &own), None);
    let url = format!("{}/admin/v1/realms", server.admin_url);
    let answer = Http::default().get(&url, &[("origin", &own)]);
    assert!(answer.header("access-control-allow-origin").is_none());
    let url = format!("{}/oauth2/token", server.admin_url);
    let preflight = [
        ("origin", own.as_str()),
        ("access-control-request-method", "POST"),
    ];
    let answer = Http::default().send("OPTIONS", &url, &preflight, b"");
    assert!(answer.header("access-control-allow-origin").is_none());
}
