//! Bad input gets the standard error; nothing breaks, nothing leaks.

use gatelodge_testkit::client::encode_form;
use gatelodge_testkit::relying_party::{parameter, redirect_parameters};
use gatelodge_testkit::{Browser, Http, Jwt};

use crate::story::{code, confidential_client, public_client, shared};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[test]
fn an_unknown_client_or_redirect_uri_is_shown_and_never_followed() {
    let server = &shared();
    let party = public_client(server, "openid");
    for further in [
        ("client_id", "nobody"),
        ("client_id", ""),
        ("redirect_uri", "https://evil.example/cb"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", &format!("{}#fragment", party.redirect_uri)),
        (
            "redirect_uri",
            &format!("{}@evil.example", party.redirect_uri),
        ),
        ("redirect_uri", &format!("{}/../x", party.redirect_uri)),
        ("redirect_uri", "//evil.example"),
    ] {
        let page = Browser::new().open(&party.authorize_url(&[further]));
        assert_eq!(page.status, 400, "{further:?}: {}", page.text());
        assert!(page.header("location").is_none(), "{further:?}");
        assert!(
            page.header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
    }
}

#[test]
fn what_is_wrong_with_a_request_goes_back_to_its_client() {
    let server = &shared();
    let party = public_client(server, "openid");
    for (further, error) in [
        (vec![("response_type", "")], "invalid_request"),
        (
            vec![("response_type", "magic")],
            "unsupported_response_type",
        ),
        (vec![("code_challenge", "")], "invalid_request"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("code_challenge", "short")], "invalid_request"),
        (
            vec![("request", "eyJhbGciOiJub25lIn0.e30.")],
            "request_not_supported",
        ),
        (
            vec![("request_uri", "https://a.example/r")],
            "request_uri_not_supported",
        ),
        (vec![("registration", "{}")], "registration_not_supported"),
        (vec![("prompt", "none login")], "invalid_request"),
        (vec![("max_age", "soon")], "invalid_request"),
        (
            vec![("resource", "https://unknown.example")],
            "invalid_target",
        ),
        (vec![("state", "a"), ("state", "b")], "invalid_request"),
    ] {
        let answer = Browser::new().open(&party.authorize_url(&further));
        assert_eq!(answer.status, 303, "{further:?}: {}", answer.text());
        let parameters = redirect_parameters(&answer);
        assert_eq!(
            parameter(&parameters, "error"),
            Some(error),
            "{further:?}: {parameters:?}"
        );
        assert_eq!(parameter(&parameters, "iss"), Some(server.issuer.as_str()));
    }
}

#[test]
fn a_malformed_token_request_is_an_invalid_request() {
    let server = &shared();
    let url = format!("{}/oauth2/token", server.issuer);
    let http = Http::default();
    let long = "scope=".to_owned() + &"a+".repeat(1000);
    for body in [
        b"grant_type=client_credentials&grant_type=password".as_slice(),
        b"grant_type=%ff%fe",
        b"grant_type=\xff\xfe",
        b"grant_type=a%00b",
        b"&&&===&&&",
        b"",
        long.as_bytes(),
    ] {
        let answer = http.send("POST", &url, &[FORM], body);
        assert!(
            matches!(answer.status, 400 | 401),
            "{}: {}",
            answer.status,
            answer.text()
        );
        assert!(answer.json()["error"].is_string());
    }
    for kind in [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
    ] {
        let answer = http.send("POST", &url, &[("content-type", kind)], b"{}");
        assert!(
            matches!(answer.status, 400 | 415),
            "{kind}: {}",
            answer.status
        );
    }
    let huge = vec![b'a'; 10 * 1024 * 1024];
    let answer = http.send("POST", &url, &[FORM], &huge);
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"], "invalid_request");
    let realms = format!("{}/admin/v1/realms", server.admin_url);
    let answer = http.send(
        "POST",
        &realms,
        &[("content-type", "application/json")],
        &huge,
    );
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["type"], "urn:gatelodge:problem:too_large");
}

#[test]
fn a_thousand_scopes_are_refused() {
    let server = &shared();
    let scope: Vec<String> = (0..1000).map(|n| format!("s{n}")).collect();
    confidential_client(server, "")
        .token(&[
            ("grant_type", "client_credentials"),
            ("scope", &scope.join(" ")),
        ])
        .expect_error(400, "invalid_scope");
}

#[test]
fn a_wrong_method_is_refused_with_the_right_ones() {
    let server = &shared();
    let http = Http::default();
    for (method, path) in [
        ("GET", "/oauth2/token"),
        ("PUT", "/oauth2/token"),
        ("GET", "/oauth2/introspect"),
        ("GET", "/oauth2/revoke"),
        ("DELETE", "/oauth2/userinfo"),
        ("POST", "/oauth2/jwks"),
    ] {
        let answer = http.send(method, &format!("{}{path}", server.issuer), &[], b"");
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
        assert!(answer.header("allow").is_some(), "{method} {path}");
    }
}

#[test]
fn forged_tokens_open_nothing() {
    let server = &shared();
    let party = public_client(server, "openid");
    let tokens = party.redeem(&code(server, &party)).expect_status(200);
    let genuine = tokens.field("access_token");
    let _ = party.userinfo(&genuine).expect_status(200);
    let mut none = Jwt::parse(&genuine);
    none.header["alg"] = "none".into();
    none.signature = String::new();
    let mut confused = Jwt::parse(&genuine);
    confused.header["alg"] = "HS256".into();
    let mut widened = Jwt::parse(&genuine);
    widened.claims["scope"] = "openid admin".into();
    let mut foreign = Jwt::parse(&genuine);
    foreign.header["kid"] = "unknown".into();
    for forged in [
        none.text(),
        confused.text(),
        widened.text(),
        foreign.text(),
        genuine + "x",
    ] {
        let answer = party.userinfo(&forged);
        assert_eq!(answer.status, 401);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("invalid_token"), "{challenge}");
    }
    let id_token = party.userinfo(&tokens.field("id_token"));
    assert_eq!(id_token.status, 401, "an ID token is no access token");
    let url = format!("{}/oauth2/userinfo", server.issuer);
    let bare = Http::default().get(&url, &[]);
    assert_eq!(bare.status, 401);
    assert!(
        !bare.header("www-authenticate").unwrap().contains("error"),
        "RFC 6750 §3.1"
    );
    let query = Http::default().get(
        &format!("{url}?access_token={}", tokens.field("access_token")),
        &[],
    );
    assert_eq!(query.status, 401, "a token in a URL is not taken");
}

#[test]
fn paths_and_hosts_that_are_not_ours_get_nothing() {
    let server = &shared();
    let http = Http::default();
    assert_eq!(
        http.get(&format!("{}/nothing/here", server.issuer), &[])
            .status,
        404
    );
    let other = http.get(
        &format!("{}/.well-known/openid-configuration", server.issuer),
        &[("host", "evil.example")],
    );
    assert_eq!(other.status, 421);
    assert!(!other.text().contains("evil.example"));
    let probe = http.get(
        &format!("{}/healthz", server.issuer),
        &[("host", "10.1.2.3")],
    );
    assert_eq!(probe.status, 200);
    let long = http.get(&format!("{}/{}", server.issuer, "a".repeat(60_000)), &[]);
    assert!(long.status >= 400, "{}", long.status);
    let query = encode_form(&[("x", "\u{0}")]);
    let nul = http.get(&format!("{}/oauth2/authorize?{query}", server.issuer), &[]);
    assert_eq!(nul.status, 400);
}
