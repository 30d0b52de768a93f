//! The limits of concurrent sessions, met by a crowd at one moment: on one node, and on two that
//! share a PostgreSQL. There are never more than the limit, at no moment in between either, and
//! at the end there are exactly as many.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::scope;

use gatelodge_testkit::{Administrator, Answer, Browser, End, Http};
use serde_json::{Value, json};

use crate::house::{House, Plan, eventually};
use crate::races::{Nodes, at_once, insist, roomy};

const LIMIT: usize = 3;

fn administrator(house: &House) -> Administrator {
    Administrator::at(&house.admin_url, &house.demo, "openid admin")
}

fn set(administrator: &Administrator, settings: &Value) {
    let body = json!({ "settings": settings });
    let _ = administrator
        .patch("/realms/default", &body)
        .expect_status(200);
}

fn live(administrator: &Administrator, path: &str) -> usize {
    let listed = insist(|| administrator.get(path)).expect_status(200).json();
    assert!(
        listed["next_cursor"].is_null(),
        "more than a page: {listed}"
    );
    listed["items"].as_array().unwrap().len()
}

/// Does something with a crowd while somebody counts all the time; answers what came of it and
/// the most that were ever there.
fn counted(
    administrator: &Administrator,
    path: &str,
    crowd: impl FnOnce() -> Vec<Answer>,
) -> (Vec<Answer>, usize) {
    let (over, most) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (over, most) = (&over, &most);
    let answers = scope(|scope| {
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(live(administrator, path), Ordering::Relaxed);
            }
        });
        let _end = End(over);
        crowd()
    });
    (answers, most.load(Ordering::Relaxed))
}

/// A person signs in with 64 browsers.
fn of_a_person(nodes: &Nodes) {
    let administrator = administrator(&nodes.first);
    // A crowd of one name is held up otherwise, which is not what is shown here.
    set(
        &administrator,
        &json!({
            "sessions_per_user": LIMIT,
            "sign_in_attempts_per_minute": 0,
            "sign_in_delay_after": 0,
        }),
    );
    let (username, password) = nodes.first.person();
    let page = format!("{}/login", nodes.first.issuer);
    let host = nodes.first.authority();
    let path = "/realms/default/sessions?live=true&limit=200";
    // Each node has to have heard of the limit.
    eventually("every node knows of the limit", || {
        for number in 0..2 * (LIMIT + 1) {
            let _ = sign_in(nodes, number, &page, &host, (username, password));
        }
        live(&administrator, path) == LIMIT
    });
    let (answers, most) = counted(&administrator, path, || {
        at_once(|number| sign_in(nodes, number, &page, &host, (username, password)))
    });
    for answer in &answers {
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    assert!(most <= LIMIT, "{most} at once");
    assert_eq!(live(&administrator, path), LIMIT);
    // And as many cookies are good, at whichever node they are shown.
    let account = |number: usize, cookie: &str| {
        let url = format!("http://{}/account", nodes.turn(number).authority());
        let headers = [("host", host.as_str()), ("cookie", cookie)];
        insist(|| Http::default().get(&url, &headers)).text()
    };
    let cookies: Vec<String> = answers.iter().map(cookie).collect();
    for node in 0..2 {
        eventually("the others are signed out", || {
            let good = cookies
                .iter()
                .filter(|cookie| account(node, cookie).contains("/account/sign-out"));
            good.count() == LIMIT
        });
    }
    set(&administrator, &json!({ "sessions_per_user": null }));
}

/// Signs in at the node whose turn it is, in a browser of its own.
fn sign_in(
    nodes: &Nodes,
    number: usize,
    page: &str,
    host: &str,
    (username, password): (&str, &str),
) -> Answer {
    let mut browser = Browser::new();
    let form = Browser::form(&browser.open(page));
    let filled = form.filled(&[("username", username), ("password", password)]);
    let pairs: Vec<(&str, &str)> = filled
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let cookies = browser.cookie_header("127.0.0.1");
    let headers = [("host", host), ("cookie", cookies.as_str())];
    let url = format!("http://{}/login", nodes.turn(number).authority());
    insist(|| Http::default().post_form(&url, &headers, &pairs))
}

/// The session that an answer brought.
fn cookie(answer: &Answer) -> String {
    let set: Vec<&str> = answer
        .headers_named("set-cookie")
        .filter_map(|line| line.split(';').next())
        .filter(|pair| !pair.ends_with('='))
        .collect();
    set.join("; ")
}

/// A person is signed in to one client 64 times.
fn of_a_client(nodes: &Nodes) {
    let administrator = administrator(&nodes.first);
    set(&administrator, &json!({ "sessions_per_client": LIMIT }));
    let (username, password) = nodes.first.person();
    let party = nodes.first.machine();
    let path = format!(
        "/realms/default/grants?live=true&limit=200&client_id={}",
        party.client_id
    );
    let form = [
        ("grant_type", "password"),
        ("username", username),
        ("password", password),
        ("scope", "openid"),
    ];
    eventually("every node knows of the limit", || {
        for number in 0..2 * (LIMIT + 1) {
            let _ = nodes.token(number, &party, &form).expect_status(200);
        }
        live(&administrator, &path) == LIMIT
    });
    let (answers, most) = counted(&administrator, &path, || {
        at_once(|number| nodes.token(number, &party, &form))
    });
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(most <= LIMIT, "{most} at once");
    assert_eq!(live(&administrator, &path), LIMIT);
    let tokens: Vec<String> = answers
        .iter()
        .map(|answer| answer.field("access_token"))
        .collect();
    eventually("the others' tokens are void", || {
        let good = tokens
            .iter()
            .filter(|token| party.userinfo(token).status == 200);
        good.count() == LIMIT
    });
    set(&administrator, &json!({ "sessions_per_client": null }));
}

fn both(nodes: &Nodes) {
    of_a_person(nodes);
    of_a_client(nodes);
}

#[test]
fn of_64_sign_ins_at_once_the_limit_stays_on_sqlite() {
    both(&Nodes::one(&roomy(Plan::demo())));
}

#[cfg(feature = "postgres-tests")]
#[test]
fn of_64_sign_ins_at_two_nodes_the_limit_stays_on_postgresql() {
    let database = gatelodge_testkit::postgres::Database::create();
    both(&Nodes::two(&database.url(), "--demo"));
}
