//! `/account/security`: several authenticators with names, one of which is asked for first, and
//! the browsers in which somebody is signed in.

use gatelodge_testkit::{Administrator, Answer, Browser, Server};
use serde_json::Value;

use crate::factors::{App, password, set_up};
use crate::story::person;

const USERS: &str = "/realms/default/users";

fn page(server: &Server, browser: &mut Browser) -> Answer {
    browser.open(&format!("{}/account/security", server.issuer))
}

/// Sends one of the page's forms.
fn post(server: &Server, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = page(server, browser);
    let csrf = Browser::form(&page).field("csrf").unwrap().to_owned();
    let url = format!("{}/account/{path}", server.issuer);
    browser.post(&url, &[&[("csrf", csrf.as_str())][..], fields].concat())
}

/// Their authenticators, as an administrator sees them.
fn factors(administrator: &Administrator, username: &str) -> Vec<Value> {
    let found = administrator.get(&format!("{USERS}?username={username}"));
    let id = found.expect_status(200).json()["items"][0]["id"].clone();
    let path = format!("{USERS}/{}/factors", id.as_str().unwrap());
    let theirs = administrator.get(&path).expect_status(200).json();
    theirs["items"].as_array().unwrap().clone()
}

#[test]
fn several_authenticators_have_names_and_one_is_asked_for_first() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let (username, secret) = person(&server);
    let mut browser = Browser::new();
    let _ = password(&server, &mut browser, username, secret);
    let (phone, _) = set_up(&server, &mut browser);
    let another = browser.open(&format!("{}/account/security/factors/new", server.issuer));
    let tablet = App::scan(&another);
    let fill = [("name", "Tablet"), ("code", &*tablet.code(0))];
    let done = browser.submit(&another, &fill);
    assert!(!done.text().contains("class=\"codes\""), "{}", done.text());
    let both = factors(&administrator, username);
    let names = |all: &[Value]| -> Vec<(String, bool)> {
        let one = |it: &Value| {
            let name = it["name"].as_str().unwrap().to_owned();
            (name, it["primary"].as_bool().unwrap())
        };
        all.iter().map(one).collect()
    };
    let row = |name: &str, primary: bool| (name.to_owned(), primary);
    assert_eq!(names(&both), [row("Phone", true), row("Tablet", false)]);

    let id = both[1]["id"].as_str().unwrap();
    let renamed = [("factor", id), ("name", "Slate")];
    let _ = post(&server, &mut browser, "security/factors/rename", &renamed);
    let _ = post(
        &server,
        &mut browser,
        "security/factors/first",
        &[("factor", id)],
    );
    let now = factors(&administrator, username);
    assert_eq!(names(&now), [row("Slate", true), row("Phone", false)]);
    let shown = page(&server, &mut browser).text();
    assert!(
        shown.contains("Slate") && shown.contains("Phone"),
        "{shown}"
    );
    // The sign-in names the first one and takes the code of either.
    for app in [&phone, &tablet] {
        let mut browser = Browser::new();
        let step = password(&server, &mut browser, username, secret);
        let asked = "<bdi class=\"name\">Slate</bdi>";
        assert!(step.text().contains(asked), "{}", step.text());
        assert!(step.text().contains("<bdi>Phone</bdi>"), "{}", step.text());
        let home = browser.submit(&step, &[("code", &app.code(1))]);
        assert!(home.text().contains("/account/sign-out"), "{}", home.text());
    }

    let stranger = [("factor", "aaaaaaaaaaaaaaaaaaaaaaaaaa")];
    let nobodys = post(&server, &mut browser, "security/factors/remove", &stranger);
    assert_eq!(nobodys.status, 404, "{}", nobodys.text());
    let _ = post(
        &server,
        &mut browser,
        "security/factors/remove",
        &[("factor", id)],
    );
    assert_eq!(
        names(&factors(&administrator, username)),
        [row("Phone", true)]
    );
    let last = [("factor", both[0]["id"].as_str().unwrap())];
    let _ = post(&server, &mut browser, "security/factors/remove", &last);
    let home = password(&server, &mut Browser::new(), username, secret);
    assert!(home.text().contains("/account/sign-out"), "{}", home.text());
    let changes = administrator.get("/realms/default/audit?action=factor.removed");
    let changes = changes.expect_status(200).json();
    assert_eq!(changes["items"].as_array().unwrap().len(), 2, "{changes}");
}

#[test]
fn a_person_sees_where_they_are_signed_in_and_ends_it() {
    let server = Server::demo();
    let (username, secret) = person(&server);
    let (mut here, mut there) = (Browser::new(), Browser::new());
    for browser in [&mut here, &mut there] {
        let _ = password(&server, browser, username, secret);
    }
    let shown = page(&server, &mut here).text();
    let ids: Vec<&str> = shown
        .split("name=\"session\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    // This browser's own comes first.
    let [_, other] = ids[..] else {
        panic!("two sessions: {shown}");
    };
    let fields = [("session", other), ("back", "security")];
    let done = post(&server, &mut here, "sessions/end", &fields);
    assert!(done.text().contains("role=\"status\""), "{}", done.text());
    assert!(here.url.contains("/account/security"), "{}", here.url);
    assert_eq!(done.text().matches("name=\"session\"").count(), 1);
    let gone = page(&server, &mut there).text();
    assert!(gone.contains("current-password"), "{gone}");
    let forged = [("session", ids[0]), ("csrf", "forged")];
    let url = format!("{}/account/sessions/end", server.issuer);
    assert_eq!(here.post(&url, &forged).status, 403);
    assert!(page(&server, &mut here).text().contains("name=\"session\""));
}
