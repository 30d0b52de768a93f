//! Second factors: an authenticator app, recovery codes, and what a person looks after
//! themselves; and the delays that failed sign-ins bring.

use std::time::{SystemTime, UNIX_EPOCH};

use gatelodge_testkit::client::Answer;
use gatelodge_testkit::relying_party::{parameter, redirect_parameters};
use gatelodge_testkit::{Administrator, Browser, Jwt, RelyingParty, Server};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::story::{confidential_client, person, public_client};

const REALM: &str = "/realms/default";

/// An authenticator app that holds what it scanned.
pub(crate) struct App(Vec<u8>);

impl App {
    /// Reads the secret that the page shows for typing.
    pub(crate) fn scan(page: &Answer) -> Self {
        let text = page.text();
        assert!(text.contains("<svg class=\"qr\""), "{text}");
        let secret = between(&text, "class=\"secret-text\"><bdi>", "</bdi>").replace(' ', "");
        let (mut bits, mut count, mut key) = (0_u64, 0, Vec::new());
        for letter in secret.bytes() {
            let digit = match letter {
                b'A'..=b'Z' => letter - b'A',
                _ => letter - b'2' + 26,
            };
            (bits, count) = ((bits << 5) | u64::from(digit), count + 5);
            if count >= 8 {
                count -= 8;
                key.push(u8::try_from((bits >> count) & 0xff).unwrap());
            }
        }
        Self(key)
    }

    /// The code of now, or of so many steps later (RFC 6238).
    pub(crate) fn code(&self, later: u64) -> String {
        self.code_of(step_of_now() + later)
    }

    /// A code that is good neither now nor a few steps earlier or later.
    pub(crate) fn wrong_code(&self) -> String {
        let now = step_of_now();
        let good: Vec<String> = (now - 3..=now + 3).map(|step| self.code_of(step)).collect();
        let codes = (0..).map(|number: u32| format!("{number:06}"));
        let mut others = codes.filter(|code| !good.contains(code));
        others.next().unwrap()
    }

    /// The code of a step.
    fn code_of(&self, step: u64) -> String {
        let key = PKey::hmac(&self.0).unwrap();
        let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
        signer.update(&step.to_be_bytes()).unwrap();
        let mac = signer.sign_to_vec().unwrap();
        let at = usize::from(mac[19] & 15);
        let number = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// The step of thirty seconds that it is.
#[expect(
    clippy::disallowed_methods,
    reason = "an authenticator goes by the time of the machine"
)]
fn step_of_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() / 30
}

fn between(text: &str, before: &str, after: &str) -> String {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0.to_owned()
}

fn codes(page: &Answer) -> Vec<String> {
    let list = between(&page.text(), "<ol class=\"codes\"", "</ol>");
    let items = list.split("<li>").skip(1);
    items
        .map(|item| item.split('<').next().unwrap().to_owned())
        .collect()
}

/// Opens the sign-in page and types name and password.
pub(crate) fn password(
    server: &Server,
    browser: &mut Browser,
    username: &str,
    password: &str,
) -> Answer {
    let page = browser.open(&format!("{}/login", server.issuer));
    browser.submit(&page, &[("username", username), ("password", password)])
}

/// Sets up an authenticator on the person's own page.
pub(crate) fn set_up(server: &Server, browser: &mut Browser) -> (App, Vec<String>) {
    let (app, codes, _) = set_up_by(server, browser);
    (app, codes)
}

/// The same, with the code that did it: a moment later the clock may show another one.
fn set_up_by(server: &Server, browser: &mut Browser) -> (App, Vec<String>, String) {
    let page = browser.open(&format!("{}/account/security/factors/new", server.issuer));
    let app = App::scan(&page);
    let wrong = app.wrong_code();
    let wrong = browser.submit(&page, &[("name", "Phone"), ("code", &wrong)]);
    assert_eq!(wrong.status, 401);
    let code = app.code(0);
    let done = browser.submit(&wrong, &[("name", "Phone"), ("code", &code)]);
    assert_eq!(done.status, 200, "{}", done.text());
    (app, codes(&done), code)
}

fn user_id(administrator: &Administrator, username: &str) -> String {
    let path = format!("{REALM}/users?username={username}");
    let listed = administrator.get(&path).expect_status(200).json();
    listed["items"][0]["id"].as_str().unwrap().to_owned()
}

fn is_signed_in(server: &Server, browser: &mut Browser) -> bool {
    let page = browser.open(&format!("{}/account", server.issuer));
    page.text().contains("/account/sign-out")
}

#[test]
fn a_person_sets_up_an_authenticator_and_signs_in_with_its_code() {
    let server = Server::demo();
    let (username, secret) = person(&server);
    let mut browser = Browser::new();
    let page = password(&server, &mut browser, username, secret);
    assert!(page.text().contains("/account/security"), "{}", page.text());
    let (app, codes, used_up) = set_up_by(&server, &mut browser);
    assert_eq!(codes.len(), 10);
    let security = browser.open(&format!("{}/account/security", server.issuer));
    assert!(security.text().contains("Phone"), "{}", security.text());

    let mut browser = Browser::new();
    let step = password(&server, &mut browser, username, secret);
    assert!(step.text().contains("one-time-code"), "{}", step.text());
    assert!(
        !is_signed_in(&server, &mut browser),
        "a password is not enough"
    );
    let step = browser.open(&format!("{}/login/factor", server.issuer));
    let wrong = browser.submit(&step, &[("code", &app.wrong_code())]);
    assert_eq!(wrong.status, 401);
    let used = browser.submit(&wrong, &[("code", &used_up)]);
    assert_eq!(used.status, 401, "the code that set it up is used up");
    let welcome = browser.submit(&used, &[("code", &app.code(1))]);
    assert!(
        welcome.text().contains("/account/sign-out"),
        "{}",
        welcome.text()
    );

    let party = public_client(&server, "openid");
    let consent = browser.open(&party.authorize_url(&[]));
    let back = browser.submit(&consent, &[("decision", "allow")]);
    let parameters = redirect_parameters(&back);
    let code = parameter(&parameters, "code").unwrap().to_owned();
    let tokens = party.redeem(&code).expect_status(200);
    let claims = Jwt::parse(&tokens.field("id_token")).claims;
    assert_eq!(claims["acr"], "2");
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
}

#[test]
fn a_recovery_code_lets_in_once_and_new_ones_replace_all() {
    let server = Server::demo();
    let (username, secret) = person(&server);
    let mut browser = Browser::new();
    let _ = password(&server, &mut browser, username, secret);
    let (_, first) = set_up(&server, &mut browser);
    let recover = |code: &str| {
        let mut browser = Browser::new();
        let _ = password(&server, &mut browser, username, secret);
        let page = browser.open(&format!("{}/login/factor?method=recovery", server.issuer));
        let _ = browser.submit(&page, &[("code", code)]);
        is_signed_in(&server, &mut browser).then_some(browser)
    };
    let mut browser = recover(&first[0]).expect("the code is good");
    assert!(recover(&first[0]).is_none(), "and was used");
    let security = browser.open(&format!("{}/account/security", server.issuer));
    let url = format!("{}/account/security/recovery-codes", server.issuer);
    let csrf = Browser::form(&security).field("csrf").unwrap().to_owned();
    let fresh = codes(&browser.post(&url, &[("csrf", &csrf)]));
    assert_eq!(fresh.len(), 10);
    assert!(recover(&first[1]).is_none(), "the former ones are void");
    assert!(recover(&fresh[1]).is_some());
}

#[test]
fn a_realm_that_asks_for_two_factors_has_everybody_set_one_up() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let asks = json!({"settings": {"require_second_factor": 1}});
    let _ = administrator.patch(REALM, &asks).expect_status(200);
    let (username, secret) = person(&server);
    let party = public_client(&server, "openid");
    let mut browser = Browser::new();
    let page = browser.open(&party.authorize_url(&[]));
    let page = browser.submit(&page, &[("username", username), ("password", secret)]);
    let app = App::scan(&page);
    let form = Browser::form(&page);
    let fill = [("name", "Phone"), ("code", &*app.code(0))];
    let mut stranger = Browser::new();
    stranger.url.clone_from(&browser.url);
    let theirs = stranger.submit_form(&form, &fill);
    assert!(
        theirs.text().contains("current-password"),
        "only with its cookie"
    );
    let done = browser.submit_form(&form, &fill);
    assert_eq!(codes(&done).len(), 10, "{}", done.text());
    let on = between(&done.text(), "class=\"primary no-print\" href=\"", "\"");
    let on = on.replace("&#38;", "&");
    let consent = browser.open(&format!("{}{on}", server.issuer));
    assert!(consent.text().contains("decision"), "{}", consent.text());
    // The password grant asks nobody, so it lets nobody in.
    let grant = confidential_client(&server, "openid").token(&[
        ("grant_type", "password"),
        ("username", username),
        ("password", secret),
    ]);
    assert_eq!(grant.status, 400);
    assert_eq!(grant.field("error"), "invalid_grant");
    let lax = json!({"settings": {"require_second_factor": 0}});
    let _ = administrator.patch(REALM, &lax).expect_status(200);
}

#[test]
fn an_administrator_sees_and_resets_what_somebody_lost() {
    let server = Server::demo();
    let (username, secret) = person(&server);
    let mut browser = Browser::new();
    let _ = password(&server, &mut browser, username, secret);
    let _ = set_up(&server, &mut browser);
    let administrator = Administrator::of(&server);
    let id = user_id(&administrator, username);
    let path = format!("{REALM}/users/{id}/factors");
    let theirs = administrator.get(&path).expect_status(200).json();
    assert_eq!(theirs["items"][0]["name"], "Phone");
    assert_eq!(theirs["items"][0]["primary"], true);
    assert_eq!(theirs["recovery_codes_left"], 10);
    assert!(theirs["items"][0].get("secret").is_none(), "{theirs}");
    let reader = Administrator::with_scope(&server, "openid users:read");
    let _ = reader.delete(&path).expect_status(403);
    let _ = administrator.delete(&path).expect_status(204);
    let none = administrator.get(&path).expect_status(200).json();
    assert_eq!(none["items"], json!([]));
    assert_eq!(none["recovery_codes_made"], 0);
    let mut browser = Browser::new();
    let page = password(&server, &mut browser, username, secret);
    assert!(page.text().contains("/account/sign-out"), "{}", page.text());
    let events = administrator.get("/audit?action=factor.reset");
    let events = events.expect_status(200).json();
    assert_eq!(events["items"].as_array().unwrap().len(), 1, "{events}");
}

#[test]
fn who_was_given_a_password_chooses_another_before_going_on() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let (username, _) = person(&server);
    let id = user_id(&administrator, username);
    let given = json!({"password": "given by the office 71", "temporary": true});
    let _ = administrator
        .put(&format!("{REALM}/users/{id}/password"), &given)
        .expect_status(204);
    let party = public_client(&server, "openid");
    let mut browser = Browser::new();
    let page = browser.open(&party.authorize_url(&[]));
    let fill = [
        ("username", username),
        ("password", "given by the office 71"),
    ];
    let page = browser.submit(&page, &fill);
    assert!(
        page.text().contains("/login/new-password"),
        "{}",
        page.text()
    );
    let silent = browser
        .clone()
        .open(&party.authorize_url(&[("prompt", "none")]));
    let told = redirect_parameters(&silent);
    assert_eq!(parameter(&told, "error"), Some("interaction_required"));
    let weak = browser.submit(&page, &[("password", "password")]);
    assert_eq!(weak.status, 400);
    let same = browser.submit(&weak, &[("password", "given by the office 71")]);
    assert_eq!(same.status, 400);
    let consent = browser.submit(&same, &[("password", "an own unusual horse 12")]);
    assert!(consent.text().contains("decision"), "{}", consent.text());
}

#[test]
fn a_person_changes_their_password_and_other_browsers_are_signed_out() {
    let server = Server::demo();
    let (username, secret) = person(&server);
    let (mut here, mut there) = (Browser::new(), Browser::new());
    for browser in [&mut here, &mut there] {
        let _ = password(&server, browser, username, secret);
    }
    let url = format!("{}/account/security", server.issuer);
    let page = here.open(&url);
    let new = "an own unusual horse 12";
    let wrong = here.submit(&page, &[("current", "not it"), ("password", new)]);
    assert_eq!(wrong.status, 401);
    let forged = [("current", secret), ("password", new), ("csrf", "forged")];
    assert_eq!(here.submit(&wrong, &forged).status, 403);
    let done = here.submit(&wrong, &[("current", secret), ("password", new)]);
    assert!(done.text().contains("role=\"status\""), "{}", done.text());
    assert!(is_signed_in(&server, &mut here));
    assert!(!is_signed_in(&server, &mut there));
}

/// A wrong password by the password grant, from an address of its own.
fn guess(party: &RelyingParty, username: &str) -> Answer {
    party.token(&[
        ("grant_type", "password"),
        ("username", username),
        ("password", "a guess"),
    ])
}

#[test]
fn delays_grow_and_an_administrator_sees_and_lifts_them() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let settings = json!({"settings": {
        "sign_in_attempts_per_minute": 0,
        "sign_in_delay_after": 2,
    }});
    let _ = administrator.patch(REALM, &settings).expect_status(200);
    let (username, _) = person(&server);
    let party = confidential_client(&server, "openid");
    // The third failure brings a second, the fourth two; until one is met, tries go on.
    let mut held = None;
    for _ in 0..20 {
        let answer = guess(&party, username);
        if answer.status == 429 {
            held = Some(answer);
            break;
        }
        assert_eq!(answer.status, 400);
    }
    let held = held.expect("delays grow");
    let wait: u64 = held.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");

    let id = user_id(&administrator, username);
    let theirs = format!("{REALM}/users/{id}/throttle");
    let shown = administrator.get(&theirs).expect_status(200).json();
    assert_eq!(shown["items"][0]["kind"], "account", "{shown}");
    assert!(shown["items"][0]["failures"].as_u64() >= Some(3), "{shown}");
    let by_address = format!("{REALM}/throttles?address=127.0.0.1");
    let addresses = administrator.get(&by_address).expect_status(200).json();
    assert_eq!(addresses["items"][0]["address"], "127.0.0.1", "{addresses}");
    let _ = administrator.delete(&theirs).expect_status(204);
    let address = addresses["items"][0]["id"].as_str().unwrap();
    let one = format!("{REALM}/throttles/{address}");
    let _ = administrator.delete(&one).expect_status(204);
    let _ = administrator.delete(&one).expect_status(404);
    let none: Value = administrator.get(&theirs).expect_status(200).json();
    assert_eq!(none["items"], json!([]));
    assert_eq!(guess(&party, username).status, 400, "it is lifted");
}

#[test]
fn a_client_that_asks_for_two_factors_raises_the_session_of_who_comes_to_it() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let party = public_client(&server, "openid");
    let asks = json!({"settings": {"require_second_factor": 1}});
    let _ = administrator
        .patch(&format!("{REALM}/clients/{}", party.client_id), &asks)
        .expect_status(200);
    let (username, secret) = person(&server);
    let mut browser = Browser::new();
    let _ = password(&server, &mut browser, username, secret);
    assert!(is_signed_in(&server, &mut browser), "the realm asks nobody");
    let other = confidential_client(&server, "openid");
    let consent = browser.clone().open(&other.authorize_url(&[]));
    assert!(consent.text().contains("decision"), "{}", consent.text());

    let silent = [("prompt", "none")];
    let refused = redirect_parameters(&browser.clone().open(&party.authorize_url(&silent)));
    assert_eq!(parameter(&refused, "error"), Some("interaction_required"));
    let page = browser.open(&party.authorize_url(&[]));
    let app = App::scan(&page);
    let done = browser.submit(&page, &[("name", "Phone"), ("code", &app.code(0))]);
    assert_eq!(codes(&done).len(), 10, "{}", done.text());
    let on = between(&done.text(), "class=\"primary no-print\" href=\"", "\"");
    let on = on.replace("&#38;", "&");
    let consent = browser.open(&format!("{}{on}", server.issuer));
    let back = browser.submit(&consent, &[("decision", "allow")]);
    let code = redirect_parameters(&back);
    let tokens = party.redeem(parameter(&code, "code").unwrap());
    let claims = Jwt::parse(&tokens.expect_status(200).field("id_token")).claims;
    assert_eq!(claims["acr"], "2");
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
}

#[test]
fn a_role_that_asks_for_two_factors_asks_its_holders_alone() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let (username, secret) = person(&server);
    let asked = || {
        let page = password(&server, &mut Browser::new(), username, secret);
        page.text().contains("<svg class=\"qr\"")
    };
    let id = user_id(&administrator, username);
    let make = |role: &Value| {
        let made = administrator.post(&format!("{REALM}/roles"), role);
        made.expect_status(201).json()
    };
    let give = |role: &str| {
        let held = format!("{REALM}/users/{id}/roles/{role}");
        let _ = administrator.put(&held, &json!({})).expect_status(204);
    };
    let require = |required: bool| {
        let path = format!("{REALM}/roles/treasurer");
        let rule = json!({"requires_second_factor": required});
        let _ = administrator.patch(&path, &rule).expect_status(200);
    };
    make(&json!({"name": "treasurer"}));
    give("treasurer");
    // What is known of the realm's roles by now must not outlast the change.
    assert!(!asked());
    require(true);
    assert!(asked());
    require(false);
    assert!(!asked());

    let look = json!({"name": "Another"});
    let _ = administrator.patch(REALM, &look).expect_status(200);
    assert!(!asked());
    let auditor = make(&json!({"name": "auditor", "requires_second_factor": true}));
    assert_eq!(auditor["requires_second_factor"], true);
    assert!(!asked());
    give("auditor");
    assert!(asked());
}
