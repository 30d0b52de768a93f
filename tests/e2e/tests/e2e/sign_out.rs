//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use gatelodge_testkit::client::encode_form;
use gatelodge_testkit::relying_party::{parameter, redirect_parameters};
use gatelodge_testkit::{Answer, Browser, Http, RelyingParty, Server};

use crate::story::{person, public_client, shared};

/// A person signed in to the public client, with the tokens that it got.
fn signed_in(server: &Server) -> (RelyingParty, Browser, Answer) {
    let party = public_client(server, "openid");
    let (username, password) = person(server);
    let mut browser = Browser::new();
    let code = party.code(&mut browser, username, password);
    let tokens = party.redeem(&code).expect_status(200);
    (party, browser, tokens)
}

#[test]
fn a_client_with_a_hint_signs_its_person_out_and_gets_them_back() {
    let server = &shared();
    let (party, mut browser, tokens) = signed_in(server);
    let query = encode_form(&[
        ("id_token_hint", &tokens.field("id_token")),
        ("post_logout_redirect_uri", &party.redirect_uri),
        ("state", "bye"),
    ]);
    let answer = browser.open(&format!("{}/oauth2/logout?{query}", server.issuer));
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(
        answer.location().starts_with(&party.redirect_uri),
        "{}",
        answer.location()
    );
    assert_eq!(
        parameter(&redirect_parameters(&answer), "state"),
        Some("bye")
    );
    assert_eq!(party.userinfo(&tokens.field("access_token")).status, 401);
    party
        .refresh(&tokens.field("refresh_token"))
        .expect_error(400, "invalid_grant");
    let again = browser.open(&party.authorize_url(&[("prompt", "none")]));
    assert_eq!(
        parameter(&redirect_parameters(&again), "error"),
        Some("login_required")
    );
}

#[test]
fn without_a_hint_the_person_is_asked_first() {
    let server = &shared();
    let party = public_client(server, "openid");
    let (username, password) = person(server);
    let mut browser = Browser::new();
    let _ = party.sign_in(&mut browser, username, password, &[]);
    let page = browser.open(&format!("{}/oauth2/logout", server.issuer));
    assert_eq!(page.status, 200);
    let still = browser
        .clone()
        .open(&party.authorize_url(&[("prompt", "none")]));
    assert!(
        parameter(&redirect_parameters(&still), "code").is_some(),
        "a GET signs nobody out"
    );
    let done = browser.submit(&page, &[]);
    assert!(done.status < 400, "{}", done.text());
    let again = browser.open(&party.authorize_url(&[("prompt", "none")]));
    assert_eq!(
        parameter(&redirect_parameters(&again), "error"),
        Some("login_required")
    );
}

#[test]
fn an_unregistered_return_address_is_never_followed() {
    let server = &shared();
    let (_, mut browser, tokens) = signed_in(server);
    let query = encode_form(&[
        ("id_token_hint", &tokens.field("id_token")),
        ("post_logout_redirect_uri", "https://evil.example/"),
    ]);
    let answer = browser.open(&format!("{}/oauth2/logout?{query}", server.issuer));
    assert_ne!(answer.header("location"), Some("https://evil.example/"));
    assert!(
        !answer.text().contains("href=\"https://evil.example"),
        "{}",
        answer.text()
    );
}

#[test]
fn a_post_by_a_client_becomes_a_get_that_bears_our_cookies() {
    let server = &shared();
    let (party, mut browser, tokens) = signed_in(server);
    let hint = tokens.field("id_token");
    let form = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", party.redirect_uri.as_str()),
    ];
    let url = format!("{}/oauth2/logout", server.issuer);
    // Another site's form: `SameSite=Lax` cookies stay behind.
    let answer = Http::default()
        .post_form(&url, &[], &form)
        .expect_status(303);
    assert!(
        !answer.location().contains(&hint),
        "sealed in one parameter"
    );
    let next = format!(
        "{}{}",
        server.issuer,
        answer.location().replace(&server.issuer, "")
    );
    let done = browser.open(&next);
    assert_eq!(done.status, 303, "{}", done.text());
    assert!(
        done.location().starts_with(&party.redirect_uri),
        "{}",
        done.location()
    );
    assert_eq!(party.userinfo(&tokens.field("access_token")).status, 401);
}
