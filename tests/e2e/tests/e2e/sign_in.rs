//! The sign-in page: one answer for all failures, cookies that cannot be stolen or forged.

use std::collections::BTreeSet;

use gatelodge_testkit::{Administrator, Browser, Http, Server};
use serde_json::json;

use crate::story::{confidential_client, person, public_client, shared};

fn tried(server: &Server, username: &str, password: &str) -> (u16, String) {
    let mut browser = Browser::new();
    let page = browser.open(&public_client(server, "openid").authorize_url(&[]));
    let answer = browser.submit(&page, &[("username", username), ("password", password)]);
    // The page repeats what was typed and seals the request anew; all else must be equal. The
    // seals go first: a short name may be found in what is random.
    let mut text = answer.text();
    for form in [Browser::form(&answer)] {
        for name in ["request", "csrf"] {
            if let Some(value) = form.field(name) {
                text = text.replace(value, "SEALED");
            }
        }
    }
    (answer.status, text.replace(username, "NAME"))
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

/// How many passwords were hashed since the start.
fn hash_jobs(server: &Server) -> f64 {
    let page = Http::default().get(&format!("{}/metrics", server.admin_url), &[]);
    let page = page.expect_status(200).text();
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("gatelodge_hash_jobs_total "));
    line.unwrap().parse().unwrap()
}

#[test]
fn a_failing_sign_in_costs_one_hash_job_and_says_the_same_whoever_it_is_of() {
    const GOOD: &str = "correct horse battery";
    const BCRYPT: &str = "$2b$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.";
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let off = json!({"settings": {"sign_in_attempts_per_minute": 0}});
    let _ = administrator
        .patch("/realms/default", &off)
        .expect_status(200);
    let users = "/realms/default/users";
    let until = "2999-01-01T00:00:00Z";
    for (name, change) in [
        ("known", json!({})),
        ("disabled", json!({"status": "deactivated"})),
        (
            "locked",
            json!({"status": "suspended", "suspended_until": until}),
        ),
    ] {
        let body = json!({"username": name, "password": GOOD});
        let id = administrator
            .post(users, &body)
            .expect_status(201)
            .field("id");
        let path = format!("{users}/{id}");
        let _ = administrator.patch(&path, &change).expect_status(200);
    }
    let line = json!({"username": "imported", "password_hash": BCRYPT}).to_string();
    let bearer = format!("Bearer {}", administrator.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/x-ndjson"),
    ];
    let import = format!("{}/admin/v1{users}/import", server.admin_url);
    let _ = Http::default()
        .send("POST", &import, &headers, line.as_bytes())
        .expect_status(200);

    let party = confidential_client(&server, "openid");
    let granted = |username: &str, password: &str| {
        let answer = party.token(&[
            ("grant_type", "password"),
            ("username", username),
            ("password", password),
        ]);
        (answer.status, answer.text())
    };
    let (mut pages, mut grants) = (BTreeSet::new(), BTreeSet::new());
    for (name, password) in [
        ("unknown", GOOD),
        ("known", "not the password"),
        ("disabled", GOOD),
        ("disabled", "not the password"),
        ("locked", GOOD),
        ("locked", "not the password"),
        ("imported", "not the password"),
    ] {
        for on_page in [true, false] {
            let before = hash_jobs(&server);
            if on_page {
                pages.insert(tried(&server, name, password));
            } else {
                grants.insert(granted(name, password));
            }
            let jobs = hash_jobs(&server) - before;
            assert!((jobs - 1.0).abs() < 0.1, "{name}: {jobs} hash jobs");
        }
    }
    assert_eq!((pages.len(), grants.len()), (1, 1), "{pages:?} {grants:?}");
    // Whoever knows the password pays the same and gets in.
    let before = hash_jobs(&server);
    assert_eq!(granted("known", GOOD).0, 200);
    assert!((hash_jobs(&server) - before - 1.0).abs() < 0.1);
}

#[test]
fn a_browser_that_signed_in_before_is_not_held_up_by_strangers() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let few = json!({"settings": {"sign_in_attempts_per_minute": 3}});
    let _ = administrator
        .patch("/realms/default", &few)
        .expect_status(200);
    let (username, secret) = person(&server);
    let mut familiar = Browser::new();
    let sign_in = |browser: &mut Browser, password: &str| {
        let page = browser.open(&format!("{}/login?next=security", server.issuer));
        browser.submit(&page, &[("username", username), ("password", password)])
    };
    assert_eq!(sign_in(&mut familiar, secret).status, 200);
    let stranger = |password: &str| sign_in(&mut Browser::new(), password).status;
    // Where the minute ends in between, strangers begin anew.
    let held =
        (0..5).any(|_| (0..4).any(|_| stranger("a guess") == 429) && stranger(secret) == 429);
    assert!(held, "strangers wait, though they know the password");
    let welcome = sign_in(&mut familiar, secret);
    assert_eq!(welcome.status, 200, "{}", welcome.text());
    assert!(
        welcome.text().contains("/account/sessions/end"),
        "{}",
        welcome.text()
    );
}
