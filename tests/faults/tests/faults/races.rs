//! The same code, refresh token or one-time link, used by 64 requests at once, on every backend
//! and across two nodes: what the contract says, always.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread::scope;
use std::time::Duration;

use gatelodge_testkit::client::basic;
use gatelodge_testkit::relying_party::VERIFIER;
use gatelodge_testkit::{Administrator, Answer, Browser, Http, RelyingParty};
use serde_json::json;

use crate::house::{House, Plan};

const CROWD: usize = 64;
/// Enough that luck does not decide.
const ROUNDS: usize = 3;

/// One server, or several on one database that are one issuer.
pub(crate) struct Nodes {
    pub(crate) first: House,
    others: Vec<House>,
}

impl Nodes {
    pub(crate) fn one(plan: &Plan) -> Self {
        Self {
            first: plan.start(),
            others: Vec::new(),
        }
    }

    /// One with the demonstration, and one beside it.
    #[cfg(feature = "postgres-tests")]
    pub(crate) fn two(storage: &str, further: &str) -> Self {
        let plan = |plan: Plan| {
            plan.flag("--storage", "postgres")
                .flag("--database-url", storage)
        };
        let first = match further {
            "" => plan(Plan::default()).start(),
            demo => plan(Plan::default().argument(demo)).start(),
        };
        let key = first.data_dir().join("master.key");
        let second = plan(Plan::default())
            .flag("--public-url", &first.issuer)
            .flag("--admin-url", &first.admin_url)
            .flag("--master-key-file", key.to_str().unwrap())
            .start();
        Self {
            first,
            others: vec![second],
        }
    }

    /// The node whose turn it is.
    pub(crate) fn turn(&self, number: usize) -> &House {
        match number % (1 + self.others.len()) {
            0 => &self.first,
            other => &self.others[other - 1],
        }
    }

    /// Posts a form as that client, by that node, which takes the first one's name.
    pub(crate) fn token(
        &self,
        number: usize,
        party: &RelyingParty,
        form: &[(&str, &str)],
    ) -> Answer {
        let url = format!("http://{}/oauth2/token", self.turn(number).authority());
        let host = self.first.authority();
        let mut form = form.to_vec();
        let mut headers = vec![("host", host.as_str())];
        let authorization;
        if let Some(secret) = &party.client_secret {
            authorization = basic(&party.client_id, secret);
            headers.push(("authorization", &authorization));
        } else {
            form.push(("client_id", &party.client_id));
        }
        insist(|| Http::default().post_form(&url, &headers, &form))
    }

    fn redeem(&self, number: usize, party: &RelyingParty, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &party.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.token(number, party, &form)
    }

    fn refresh(&self, number: usize, party: &RelyingParty, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token(number, party, &form)
    }
}

/// Asks again for as long as the server says that it is busy: a crowd on one row of a slow
/// machine may be told so, and that decides nothing.
pub(crate) fn insist(ask: impl Fn() -> Answer) -> Answer {
    for _ in 0..60 {
        let answer = ask();
        if answer.status != 503 {
            return answer;
        }
        assert!(answer.header("retry-after").is_some());
        std::thread::sleep(Duration::from_millis(500));
    }
    panic!("busy for half a minute");
}

/// All at the same moment, as nearly as threads can be.
pub(crate) fn at_once(ask: impl Fn(usize) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(CROWD);
    let (barrier, ask) = (&barrier, &ask);
    scope(|scope| {
        let tries: Vec<_> = (0..CROWD)
            .map(|number| {
                scope.spawn(move || {
                    barrier.wait();
                    ask(number)
                })
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn won(answers: &[Answer]) -> Vec<&Answer> {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    for answer in lost {
        answer.expect_error(400, "invalid_grant");
    }
    won
}

/// One of them gets tokens, and since the others replayed, what it got is void (RFC 6749
/// §4.1.2).
pub(crate) fn a_code(nodes: &Nodes) {
    let app = nodes.first.app();
    for _ in 0..ROUNDS {
        let code = nodes.first.code(&app);
        let answers = at_once(|number| nodes.redeem(number, &app, &code));
        let won = won(&answers);
        assert_eq!(won.len(), 1, "a code buys one set of tokens");
        let refresh = won[0].field("refresh_token");
        for number in 0..2 {
            nodes
                .refresh(number, &app, &refresh)
                .expect_error(400, "invalid_grant");
        }
        // Of two nodes the other one hears of it within a second.
        crate::house::eventually("the access token is void", || {
            app.userinfo(&won[0].field("access_token")).status == 401
        });
    }
}

/// Without overlap one gets tokens, and the family ends.
pub(crate) fn a_refresh_token(nodes: &Nodes) {
    let app = nodes.first.app();
    for _ in 0..ROUNDS {
        let first = app.redeem(&nodes.first.code(&app)).expect_status(200);
        let token = first.field("refresh_token");
        let answers = at_once(|number| nodes.refresh(number, &app, &token));
        let won = won(&answers);
        assert_eq!(won.len(), 1, "a refresh token is used once");
        for number in 0..2 {
            nodes
                .refresh(number, &app, &won[0].field("refresh_token"))
                .expect_error(400, "invalid_grant");
        }
        crate::house::eventually("the access token is void", || {
            app.userinfo(&won[0].field("access_token")).status == 401
        });
    }
}

/// With overlap every one gets the same current token, and the family lives.
pub(crate) fn a_refresh_token_with_overlap(nodes: &Nodes) {
    let app = nodes.first.app();
    let administrator = Administrator::with(&nodes.first);
    let path = format!("/realms/default/clients/{}", app.client_id);
    let overlap = json!({"refresh": {"overlap_seconds": 30}});
    let _ = administrator.patch(&path, &overlap).expect_status(200);
    crate::house::eventually("every node knows of the overlap", || {
        let first = app.redeem(&nodes.first.code(&app)).expect_status(200);
        let token = first.field("refresh_token");
        (0..4).all(|number| nodes.refresh(number, &app, &token).status == 200)
    });
    for _ in 0..ROUNDS {
        let first = app.redeem(&nodes.first.code(&app)).expect_status(200);
        let token = first.field("refresh_token");
        let answers = at_once(|number| nodes.refresh(number, &app, &token));
        let won = won(&answers);
        assert_eq!(won.len(), CROWD, "every one is served");
        let tokens: BTreeSet<_> = won
            .iter()
            .map(|answer| answer.field("refresh_token"))
            .collect();
        assert_eq!(tokens.len(), 1, "with the same token");
        let next = tokens.first().unwrap();
        let _ = nodes.refresh(0, &app, next).expect_status(200);
        // Once that one is used, the first one is reuse.
        nodes
            .refresh(1, &app, &token)
            .expect_error(400, "invalid_grant");
    }
    let none = json!({"refresh": {"overlap_seconds": 0}});
    let _ = administrator.patch(&path, &none).expect_status(200);
}

/// One administrator is made.
pub(crate) fn a_one_time_link(nodes: &Nodes) {
    let newest = nodes.others.last().unwrap_or(&nodes.first);
    let text = std::fs::read_to_string(newest.data_dir().join("first-admin")).unwrap();
    let link = text.split_whitespace().last().unwrap().to_owned();
    let secret = link.split_once("token=").unwrap().1.to_owned();
    let host = nodes.first.admin_url.strip_prefix("http://").unwrap();
    let mut browser = Browser::new();
    let page = browser.open(&link.replace(&newest.admin_url, &nodes.first.admin_url));
    assert_eq!(page.status, 200, "{}", page.text());
    let form = Browser::form(&page);
    let cookies = browser.cookie_header("127.0.0.1");
    let answers = at_once(|number| {
        let name = format!("boss{number}");
        let mut pairs = form.filled(&[("username", &name), ("password", "a long enough one")]);
        pairs.retain(|(name, _)| name != "token");
        pairs.push(("token".to_owned(), secret.clone()));
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let headers = [("host", host), ("cookie", cookies.as_str())];
        let url = format!("{}/setup", nodes.turn(number).admin_url);
        insist(|| Http::default().post_form(&url, &headers, &pairs))
    });
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "a link makes one administrator");
    for answer in lost {
        assert!(
            matches!(answer.status, 404 | 409 | 429),
            "{}: {}",
            answer.status,
            answer.text()
        );
    }
}

/// An administrator of a house.
trait With {
    fn with(house: &House) -> Self;
}

impl With for Administrator {
    fn with(house: &House) -> Self {
        Self::at(&house.admin_url, &house.demo, "openid admin")
    }
}

fn every_race(nodes: &Nodes) {
    a_code(nodes);
    a_refresh_token(nodes);
    a_refresh_token_with_overlap(nodes);
}

/// Roomy: a crowd at a slow machine is not what is shown here.
pub(crate) fn roomy(plan: Plan) -> Plan {
    plan.setting("limits.wait_milliseconds", "30000")
}

#[test]
fn of_64_at_once_the_contract_holds_on_sqlite() {
    every_race(&Nodes::one(&roomy(Plan::demo())));
}

#[test]
fn of_64_at_once_the_contract_holds_in_memory() {
    every_race(&Nodes::one(
        &roomy(Plan::demo()).flag("--storage", "memory"),
    ));
}

#[test]
fn of_64_with_one_link_one_becomes_administrator() {
    for storage in ["sqlite", "memory"] {
        a_one_time_link(&Nodes::one(
            &roomy(Plan::default()).flag("--storage", storage),
        ));
    }
}

#[cfg(feature = "postgres-tests")]
mod on_postgresql {
    use gatelodge_testkit::postgres::Database;

    use super::*;

    #[test]
    fn of_64_at_once_the_contract_holds_on_postgresql() {
        let database = Database::create();
        let plan = Plan::demo().flag("--storage", "postgres");
        every_race(&Nodes::one(
            &roomy(plan).flag("--database-url", &database.url()),
        ));
    }

    #[test]
    fn of_64_at_once_the_contract_holds_across_two_nodes() {
        let database = Database::create();
        every_race(&Nodes::two(&database.url(), "--demo"));
    }

    #[test]
    fn of_64_with_one_link_at_two_nodes_one_becomes_administrator() {
        let database = Database::create();
        a_one_time_link(&Nodes::two(&database.url(), ""));
    }
}
