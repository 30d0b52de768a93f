//! The sign-in page: one answer for all failures, cookies that cannot be stolen or forged.

use gatelodge_testkit::{Browser, Server};

use crate::story::{person, public_client, shared};

fn tried(server: &Server, username: &str, password: &str) -> (u16, String) {
    let mut browser = Browser::new();
    let page = browser.open(&public_client(server, "openid").authorize_url(&[]));
    let answer = browser.submit(&page, &[("username", username), ("password", password)]);
    // The page repeats what was typed and seals the request anew; all else must be equal.
    let mut text = answer.text().replace(username, "NAME");
    for form in [Browser::form(&answer)] {
        for name in ["request", "csrf"] {
            if let Some(value) = form.field(name) {
                text = text.replace(value, "SEALED");
            }
        }
    }
    (answer.status, text)
}

#[test]
fn an_unknown_name_and_a_wrong_password_look_the_same() {
    let server = &shared();
    let (username, _) = person(server);
    let known = tried(server, username, "not the password");
    let unknown = tried(server, "nobody-here", "not the password");
    assert_eq!(known.1, unknown.1);
    assert_eq!(known.0, unknown.0);
}

#[test]
fn a_page_without_its_own_cookie_or_token_is_refused() {
    let server = &shared();
    let (username, password) = person(server);
    let party = public_client(server, "openid");
    let mut browser = Browser::new();
    let page = browser.open(&party.authorize_url(&[]));
    let form = Browser::form(&page);
    let mut stranger = Browser::new();
    stranger.url.clone_from(&browser.url);
    let fill = [("username", username), ("password", password)];
    let stolen = stranger.submit_form(&form, &fill);
    assert_ne!(
        stolen.status, 303,
        "a form without its cookie signs nobody in"
    );
    let forged = browser.submit_form(&form, &[fill[0], fill[1], ("csrf", "forged")]);
    assert_ne!(
        forged.status, 303,
        "a form with a forged token signs nobody in"
    );
    let genuine = browser.submit_form(&form, &fill);
    assert!(
        genuine.status == 303 || genuine.text().contains("decision"),
        "{}",
        genuine.text()
    );
}

#[test]
fn the_session_cookie_is_http_only_lax_and_carries_listener_and_realm() {
    let server = Server::demo();
    let (username, password) = person(&server);
    let party = public_client(&server, "openid");
    let mut browser = Browser::new();
    let _ = party.sign_in(&mut browser, username, password, &[]);
    let port = server.issuer.rsplit(':').next().unwrap();
    let name = format!("gl_auth_{port}_default");
    assert!(
        browser.cookie_names().contains(&name.as_str()),
        "{:?}",
        browser.cookie_names()
    );
    let page = browser.open(&party.authorize_url(&[("prompt", "login")]));
    let http = gatelodge_testkit::Http::default();
    let form = Browser::form(&page);
    let pairs = form.filled(&[("username", username), ("password", password)]);
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let action = format!("{}{}", server.issuer, form.action);
    let cookie = browser.cookie_header("127.0.0.1");
    let answer = http.post_form(&action, &[("cookie", &cookie)], &pairs);
    let set = answer
        .headers_named("set-cookie")
        .find(|it| it.starts_with(&name))
        .unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
}

#[test]
fn every_page_is_hardened() {
    let server = &shared();
    let party = public_client(server, "openid");
    let page = Browser::new().open(&party.authorize_url(&[]));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    assert!(
        !policy.contains("form-action"),
        "Chromium would stop the redirect to the client"
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[test]
fn too_many_tries_get_one_answer_for_known_and_unknown_names() {
    let server = Server::demo();
    let (username, _) = person(&server);
    let last = |name: &str| {
        let mut last = 0;
        for _ in 0..40 {
            last = tried(&server, name, "not the password").0;
            if last == 429 {
                break;
            }
        }
        last
    };
    assert_eq!(last(username), 429);
    assert_eq!(last("nobody-here"), 429);
}
