//! Every operation that asks for no token, on both ports, and what slows who keeps trying it. An
//! operation that is not in the table stops this story: whoever adds one says what slows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use gatelodge_testkit::client::basic;
use gatelodge_testkit::{Administrator, Answer, Browser, Http, Server};
use serde_json::{Value, json};

/// What slows an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slowed {
    /// Tries that fail are counted; this story tries until it waits.
    Here,
    /// Likewise, behind a password that was right; shown where second factors are.
    Steps,
    /// It asks for a session, and does nothing for who has none.
    Session,
    /// It writes nothing and compares no secret of a person or a client: what it costs is one
    /// look at what is in memory or one read, and the door bounds how many are worked on
    /// (`limits.in_flight`).
    Door,
}

use Slowed::{Door, Here, Session, Steps};

const TABLE: &[(&str, Slowed)] = &[
    ("account_add_factor", Session),
    ("account_add_factor_page", Session),
    ("account_ask_for_factor_first", Session),
    ("account_change_email", Session),
    ("account_change_password", Session),
    ("account_email_page", Session),
    ("account_change_profile", Session),
    ("account_end_session", Session),
    ("account_new_recovery_codes", Session),
    ("account_page", Door),
    ("account_profile_page", Session),
    ("account_remove_factor", Session),
    ("account_rename_factor", Session),
    ("account_send_email_verification", Session),
    ("account_sign_out", Session),
    ("account_sign_out_everywhere", Session),
    ("asset", Door),
    ("authorize", Door),
    ("authorize_by_post", Door),
    ("consent", Session),
    ("consent_page", Door),
    ("demo", Door),
    ("docs_file", Door),
    ("docs_index", Door),
    ("docs_redirect", Door),
    ("enrol", Steps),
    ("enrolment_page", Steps),
    ("error_page", Door),
    ("factor_page", Steps),
    ("healthz", Door),
    ("introspect", Here),
    ("jwks", Door),
    ("login", Here),
    ("login_page", Door),
    ("logout", Door),
    ("logout_by_post", Door),
    ("new_password", Steps),
    ("new_password_page", Steps),
    ("oauth_authorization_server", Door),
    ("oauth_authorization_server_of_realm", Door),
    ("openapi_json", Door),
    ("openid_configuration", Door),
    ("prove_factor", Steps),
    ("readyz", Door),
    ("recover", Here),
    ("recover_page", Door),
    ("reset_password", Here),
    ("reset_password_page", Here),
    ("revoke", Here),
    ("security_page", Session),
    ("setup", Here),
    ("setup_page", Here),
    ("theme_logo", Door),
    ("theme_stylesheet", Door),
    ("token", Here),
    ("verify_email", Here),
    ("verify_email_page", Here),
];

/// Operation ids of a port that ask for no token, with method and path.
fn open_operations(url: &str) -> BTreeMap<String, (String, String)> {
    let document = Http::default()
        .get(&format!("{url}/openapi.json"), &[])
        .expect_status(200)
        .json();
    let mut found = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let bears = |scheme: &Value| {
                let names = scheme.as_object().unwrap();
                !names.is_empty() && !names.contains_key("client_secret_basic")
            };
            let schemes = operation["security"].as_array();
            if !schemes.is_some_and(|schemes| schemes.iter().any(bears)) {
                found.insert(id.to_owned(), (method.to_uppercase(), path.clone()));
            }
        }
    }
    found
}

#[test]
fn every_operation_without_a_token_is_in_the_table() {
    let server = Server::demo();
    let listed: BTreeSet<&str> = TABLE.iter().map(|(id, _)| *id).collect();
    assert_eq!(listed.len(), TABLE.len(), "one is there twice");
    let mut seen = BTreeSet::new();
    for url in [&server.issuer, &server.admin_url] {
        for (id, (method, path)) in open_operations(url) {
            assert!(listed.contains(id.as_str()), "what slows {method} {path}?");
            seen.insert(id);
        }
    }
    let gone: Vec<_> = listed.iter().filter(|id| !seen.contains(**id)).collect();
    assert!(gone.is_empty(), "{gone:?} are gone");
}

#[test]
fn what_asks_for_a_session_does_nothing_without_one() {
    let server = Server::demo();
    for url in [&server.issuer, &server.admin_url] {
        let operations = open_operations(url);
        for (id, slowed) in TABLE {
            let (Some((method, path)), Session | Steps) = (operations.get(*id), slowed) else {
                continue;
            };
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            let url = format!("{url}{path}");
            let answer = Http::default().send(method, &url, &headers, b"");
            assert!(
                matches!(answer.status, 303 | 400 | 403),
                "{id}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
}

/// Tries until it has to wait; more often than that it must not be let.
fn until_it_waits(what: &str, most: usize, mut attempt: impl FnMut() -> Answer) {
    for _ in 0..=most {
        if waits(what, &attempt()) {
            return;
        }
    }
    panic!("{what}: {most} tries and no end");
}

/// The same by so many at a time, of whom each may be let in once more while the last ones that
/// are allowed are under way.
fn until_all_wait(what: &str, most: usize, hands: usize, attempt: impl Fn() -> Answer + Sync) {
    let let_in = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                while !waits(what, &attempt()) {
                    let so_far = let_in.fetch_add(1, Ordering::Relaxed);
                    assert!(so_far < most + hands, "{what}: {most} tries and no end");
                }
            });
        }
    });
}

/// Whether a try has to wait.
fn waits(what: &str, answer: &Answer) -> bool {
    if answer.status == 429 {
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3_600).contains(&wait), "{what}: {wait}");
        return true;
    }
    assert!(
        matches!(answer.status, 200 | 400 | 401 | 404),
        "{what}: {} {}",
        answer.status,
        answer.text()
    );
    false
}

/// A demonstration that can send mail, so that every page is there.
fn with_mail() -> (Server, tempfile::TempDir) {
    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("gatelodge.toml");
    let text = format!(
        "[mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"no-reply@id.example\"\n",
        folder.path().join("mails").display()
    );
    std::fs::write(&config, text).unwrap();
    let server = Server::demo_with(&["--config", config.to_str().unwrap()]);
    (server, folder)
}

#[test]
fn links_that_open_nothing_are_slowed_on_every_page_that_takes_one() {
    let (server, _folder) = with_mail();
    let administrator = Administrator::of(&server);
    // A realm for each page: they count together.
    let mut attempts: Vec<(&str, String)> = vec![
        ("GET", format!("{}/setup?token=nothing", server.admin_url)),
        ("POST", format!("{}/setup", server.admin_url)),
    ];
    let paths = ["recover", "verify-email"];
    for (number, path) in paths.into_iter().enumerate() {
        for method in ["GET", "POST"] {
            let slug = format!("r{number}{}", method.to_ascii_lowercase());
            let realm = json!({"slug": slug, "name": slug});
            let _ = administrator.post("/realms", &realm).expect_status(201);
            let url = format!("{}/realms/{slug}/{path}/nothing", server.issuer);
            attempts.push((method, url));
        }
    }
    for (method, url) in attempts {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = "token=nothing&password=five+unusual+batteries";
        until_it_waits(&format!("{method} {url}"), 20, || {
            Http::default().send(method, &url, &headers, body.as_bytes())
        });
    }
    // A post that had to wait is in the trail; looking at a page writes nothing.
    for (slug, action, times) in [
        ("system", "access.denied", 1),
        ("r0post", "user.password_reset_requested", 1),
        ("r0get", "user.password_reset_requested", 0),
        ("r1post", "user.email_verification_requested", 1),
        ("r1get", "user.email_verification_requested", 0),
    ] {
        let path = format!("/realms/{slug}/audit?action={action}&outcome=denied");
        let found = administrator.get(&path).expect_status(200).json();
        let events = found["items"].as_array().unwrap();
        assert_eq!(events.len(), times, "{slug}: {found}");
        let reasons = events.iter().map(|event| &event["reason"]);
        assert!(reasons.into_iter().all(|it| it == "too_many_requests"));
    }
}

#[test]
fn failing_clients_are_slowed_wherever_they_prove_themselves_known_or_not() {
    let server = Server::demo();
    let known = server.demo["confidential_client"]["client_id"].as_str();
    for client in [known.unwrap(), "nobody"] {
        let basic = basic(client, "wrong");
        let headers = [("authorization", basic.as_str())];
        let attempt = |path: &str| {
            let url = format!("{}/oauth2/{path}", server.issuer);
            let form = [("grant_type", "client_credentials"), ("token", "x")];
            Http::default().post_form(&url, &headers, &form)
        };
        // Several at a time: they are counted for a minute, and the machine may be slow.
        until_all_wait("token", 300, 8, || attempt("token"));
        for path in ["introspect", "revoke"] {
            assert_eq!(attempt(path).status, 429, "{path}: they count together");
        }
    }
}

#[test]
fn names_are_slowed_at_sign_in_and_where_links_are_asked_for() {
    let (server, _folder) = with_mail();
    let administrator = Administrator::of(&server);
    for realm in ["default", "system"] {
        let fewer = json!({"settings": {"sign_in_attempts_per_minute": 5}});
        let path = format!("/realms/{realm}");
        let _ = administrator.patch(&path, &fewer).expect_status(200);
    }
    for url in [&server.issuer, &server.admin_url] {
        for (path, most) in [("login", 5), ("recover", 5)] {
            let mut browser = Browser::new();
            let page = browser.open(&format!("{url}/{path}")).expect_status(200);
            until_it_waits(&format!("{url}/{path}"), most, || {
                browser.submit(&page, &[("username", "nobody"), ("password", "wrong one")])
            });
        }
    }
}
