//! Code + PKCE through the real pages (RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1).

use gatelodge_testkit::relying_party::{VERIFIER, parameter, redirect_parameters};
use gatelodge_testkit::{Browser, Jwt};

use crate::story::{code, confidential_client, person, public_client, shared};

#[test]
fn a_person_signs_in_consents_and_the_client_gets_what_it_may_have() {
    let server = &shared();
    let party = public_client(server, "openid profile email");
    let (username, password) = person(server);
    let parameters = party.sign_in(&mut Browser::new(), username, password, &[]);
    assert_eq!(parameter(&parameters, "state"), Some("a-state"));
    assert_eq!(
        parameter(&parameters, "iss"),
        Some(server.issuer.as_str()),
        "RFC 9207"
    );
    let answer = party
        .redeem(parameter(&parameters, "code").unwrap())
        .expect_status(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 900);
    assert!(
        tokens["refresh_token"]
            .as_str()
            .unwrap()
            .starts_with("gl_rt_")
    );

    let access = Jwt::parse(&answer.field("access_token"));
    assert_eq!(access.header["typ"], "at+jwt");
    assert_eq!(access.header["alg"], "ES256");
    for claim in [
        "iss",
        "sub",
        "aud",
        "client_id",
        "scope",
        "jti",
        "iat",
        "exp",
        "gid",
        "sid",
    ] {
        assert!(
            !access.claims[claim].is_null(),
            "{claim} is missing in {}",
            access.claims
        );
    }
    let id = Jwt::parse(&answer.field("id_token"));
    assert_eq!(id.header["alg"], "RS256");
    assert_eq!(id.claim("nonce"), "a-nonce");
    assert_eq!(id.claim("sub"), access.claim("sub"));
    assert_eq!(id.claims["aud"], party.client_id.as_str());
    assert!(id.claims["auth_time"].is_i64());
    assert_eq!(id.claims["amr"][0], "pwd");

    let info = party
        .userinfo(&answer.field("access_token"))
        .expect_status(200)
        .json();
    assert_eq!(info["sub"], id.claim("sub"));
    assert_eq!(info["preferred_username"], username);
    assert!(info["email"].is_string());
}

#[test]
fn a_code_buys_one_token_and_its_replay_ends_what_it_got() {
    let server = &shared();
    let party = public_client(server, "openid");
    let code = code(server, &party);
    let first = party.redeem(&code).expect_status(200);
    let access_token = first.field("access_token");
    let _ = party.userinfo(&access_token).expect_status(200);
    party.redeem(&code).expect_error(400, "invalid_grant");
    assert_eq!(party.userinfo(&access_token).status, 401);
    party
        .refresh(&first.field("refresh_token"))
        .expect_error(400, "invalid_grant");
}

#[test]
fn a_wrong_verifier_burns_the_code() {
    let server = &shared();
    let party = public_client(server, "openid");
    let code = code(server, &party);
    let wrong = format!("{VERIFIER}x");
    let tried = party.token(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &party.redirect_uri),
        ("code_verifier", &wrong),
    ]);
    tried.expect_error(400, "invalid_grant");
    party.redeem(&code).expect_error(400, "invalid_grant");
}

#[test]
fn a_missing_verifier_or_another_redirect_uri_is_refused() {
    let server = &shared();
    let party = public_client(server, "openid");
    for (redirect_uri, verifier) in [
        (party.redirect_uri.as_str(), ""),
        ("https://evil.example/", VERIFIER),
    ] {
        let code = code(server, &party);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
        ];
        if !verifier.is_empty() {
            form.push(("code_verifier", verifier));
        }
        party.token(&form).expect_error(400, "invalid_grant");
    }
}

#[test]
fn another_clients_try_does_not_burn_the_code() {
    let server = &shared();
    let party = public_client(server, "openid");
    let code = code(server, &party);
    confidential_client(server, "openid")
        .redeem(&code)
        .expect_error(400, "invalid_grant");
    let _ = party.redeem(&code).expect_status(200);
}

#[test]
fn of_sixteen_redemptions_at_once_at_most_one_gets_tokens() {
    let server = &shared();
    let party = public_client(server, "openid");
    let code = code(server, &party);
    let won = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| party.redeem(&code).status == 200))
            .collect();
        tries
            .into_iter()
            .map(|it| it.join().unwrap())
            .filter(|won| *won)
            .count()
    });
    assert_eq!(won, 1);
}

#[test]
fn a_request_without_nonce_or_with_remembered_consent_goes_straight_through() {
    let server = &shared();
    let party = public_client(server, "openid");
    let (username, password) = person(server);
    let mut browser = Browser::new();
    let first = party.sign_in(&mut browser, username, password, &[("nonce", "")]);
    let tokens = party
        .redeem(parameter(&first, "code").unwrap())
        .expect_status(200);
    assert!(Jwt::parse(&tokens.field("id_token")).claims["nonce"].is_null());
    let again = browser.open(&party.authorize_url(&[("prompt", "none")]));
    assert_eq!(again.status, 303, "{}", again.text());
    assert!(parameter(&redirect_parameters(&again), "code").is_some());
}

#[test]
fn prompt_none_without_a_session_says_login_required() {
    let server = &shared();
    let party = public_client(server, "openid");
    let answer = Browser::new().open(&party.authorize_url(&[("prompt", "none")]));
    let parameters = redirect_parameters(&answer);
    assert_eq!(parameter(&parameters, "error"), Some("login_required"));
    assert_eq!(parameter(&parameters, "state"), Some("a-state"));
    assert_eq!(parameter(&parameters, "iss"), Some(server.issuer.as_str()));
}

#[test]
fn a_denied_consent_goes_back_as_access_denied() {
    let server = &shared();
    let party = confidential_client(server, "openid email");
    let (username, password) = person(server);
    let mut browser = Browser::new();
    let page = browser.open(&party.authorize_url(&[("prompt", "consent")]));
    let page = browser.submit(&page, &[("username", username), ("password", password)]);
    assert!(!Browser::form(&page).buttons.is_empty(), "{}", page.text());
    let answer = browser.submit(&page, &[("decision", "deny")]);
    let parameters = redirect_parameters(&answer);
    assert_eq!(parameter(&parameters, "error"), Some("access_denied"));
    assert!(parameter(&parameters, "code").is_none());
}

#[test]
fn response_modes_put_the_answer_where_they_say() {
    let server = &shared();
    let party = public_client(server, "openid");
    let (username, password) = person(server);
    let mut browser = Browser::new();
    let _ = party.sign_in(&mut browser, username, password, &[]);
    let fragment = browser.open(&party.authorize_url(&[("response_mode", "fragment")]));
    assert!(fragment.location().contains('#'), "{}", fragment.location());
    let page = browser.open(&party.authorize_url(&[("response_mode", "form_post")]));
    assert_eq!(page.status, 200);
    let form = Browser::form(&page);
    assert_eq!(form.action, party.redirect_uri);
    assert!(
        form.field("code")
            .is_some_and(|code| code.starts_with("gl_ac_"))
    );
}

#[test]
fn a_post_to_authorize_becomes_a_get() {
    let server = &shared();
    let party = public_client(server, "openid");
    let url = party.authorize_url(&[]);
    let (endpoint, query) = url.split_once('?').unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let http = gatelodge_testkit::Http::default();
    let answer = http
        .send("POST", endpoint, &form, query.as_bytes())
        .expect_status(303);
    assert!(
        !answer.location().contains("code_challenge="),
        "sealed in one parameter"
    );
    let page = Browser::new().open(&format!("{}{}", server.issuer, path_of(&answer.location())));
    assert_eq!(page.status, 200);
    assert!(
        Browser::form(&page)
            .fields
            .iter()
            .any(|(name, _)| name == "request")
    );
}

fn path_of(location: &str) -> String {
    match location.split_once("://") {
        Some((_, rest)) => format!("/{}", rest.split_once('/').unwrap().1),
        None => location.to_owned(),
    }
}
