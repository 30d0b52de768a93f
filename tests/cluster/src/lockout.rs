//! Failed sign-ins of an account are counted by all nodes together, those of an address by each
//! node for its share; and a browser that signed in before is not shut out by strangers.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use gatelodge_testkit::client::basic;
use gatelodge_testkit::{Administrator, Answer, Browser, Http, RelyingParty};
use serde_json::{Value, json};

use crate::Cluster;
use crate::stopwatch::until;

/// How many failed tries a minute the story allows.
const LIMIT: u64 = 4;
/// How many of an address each node allows in the story of addresses.
const SHARE: usize = 2;
/// Nodes count each other every few seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Tries at the nodes in turn.
pub fn counts_across_nodes(cluster: &Cluster) {
    let administrator = cluster.administrator_at(0);
    let text = |name: &str| cluster.demo["user"][name].as_str().unwrap().to_owned();
    let (username, password) = (text("username"), text("password"));
    let mut familiar = Browser::new();
    let party = cluster.public_client_at(0);
    let _ = party.code(&mut familiar, &username, &password);

    let realm = |limit: u64| json!({"settings": {"sign_in_attempts_per_minute": limit}});
    set_everywhere(cluster, &administrator, &realm(LIMIT));

    for name in [username.as_str(), "nobody-of-that-name"] {
        let nodes = cluster.nodes.len();
        let tries: Vec<u16> = (0..4 * nodes)
            .map(|number| guess(&cluster.confidential_client_at(number % nodes), name).status)
            .collect();
        let limit = usize::try_from(LIMIT).unwrap();
        assert!(
            tries[..limit].iter().all(|status| *status == 400)
                && tries[limit..].iter().all(|status| *status == 429),
            "{name}: {tries:?}"
        );
        assert_eq!(
            most_failed(cluster),
            LIMIT,
            "a try over the limit writes nothing"
        );
    }
    for node in 0..cluster.nodes.len() {
        let party = cluster.public_client_at(node);
        let stranger = sign_in(&party, &mut Browser::new(), &username, &password);
        assert_eq!(stranger.status, 429, "node {node}");
        let welcome = sign_in(&party, &mut familiar, &username, &password);
        assert_eq!(welcome.status, 303, "node {node}: {}", welcome.text());
    }
    let done = administrator.patch("/realms/default", &realm(20));
    let _ = done.expect_status(200);
}

/// Tries of one address, each under another name: a node allows the limit divided by the nodes
/// that live, so that all together allow no more than the limit.
pub fn an_address_has_a_share_of_each_node(cluster: &Cluster) {
    let nodes = cluster.nodes.len();
    let counted = until(PATIENCE, || {
        (0..nodes).all(|node| live_nodes(cluster, node) == Some(nodes))
    });
    assert!(counted.is_some(), "the nodes do not know each other");
    let administrator = cluster.administrator_at(0);
    let settings = |limit: usize, delay_after: usize| {
        json!({"settings": {
            "sign_in_attempts_per_minute": limit, "sign_in_delay_after": delay_after,
        }})
    };
    set_everywhere(cluster, &administrator, &settings(SHARE * nodes, 0));

    for node in 0..nodes {
        let party = cluster.confidential_client_at(node);
        let tries: Vec<u16> = (0..2 * SHARE)
            .map(|number| {
                let name = format!("nobody-{number}-at-{node}");
                guess_from("203.0.113.9", &party, &name).status
            })
            .collect();
        assert_eq!(tries, [400, 400, 429, 429], "node {node}");
        let elsewhere = guess_from("203.0.113.10", &party, "somebody-else");
        assert_eq!(elsewhere.status, 400, "another address has its own");
    }
    let done = administrator.patch("/realms/default", &settings(20, 20));
    let _ = done.expect_status(200);
}

/// Sets what is to hold, and waits until it holds everywhere: the lifetime of tokens is set with
/// it, and shows what a node knows of the realm.
fn set_everywhere(cluster: &Cluster, administrator: &Administrator, realm: &Value) {
    static LIFETIME: AtomicU32 = AtomicU32::new(600);
    let lifetime = LIFETIME.fetch_add(1, Ordering::Relaxed);
    let mut realm = realm.clone();
    realm["settings"]["access_token_lifetime"] = lifetime.into();
    let done = administrator.patch("/realms/default", &realm);
    let _ = done.expect_status(200);
    for node in 0..cluster.nodes.len() {
        let party = cluster.confidential_client_at(node);
        let known = until(PATIENCE, || {
            let token = party.token(&[("grant_type", "client_credentials")]);
            token.expect_status(200).json()["expires_in"] == lifetime
        });
        assert!(known.is_some(), "node {node} never knows of {realm}");
    }
}

/// How many nodes a node believes to live.
fn live_nodes(cluster: &Cluster, node: usize) -> Option<usize> {
    let admin = cluster.nodes[node].plan().admin;
    let page = Http::default().get(&format!("http://127.0.0.1:{admin}/metrics"), &[]);
    let page = page.expect_status(200).text();
    page.lines()
        .find_map(|line| line.strip_prefix("gatelodge_live_nodes "))?
        .trim()
        .parse()
        .ok()
}

/// A wrong password by the password grant, from an address of its own.
fn guess(party: &RelyingParty, username: &str) -> Answer {
    static ADDRESS: AtomicU8 = AtomicU8::new(1);
    let address = format!("198.51.100.{}", ADDRESS.fetch_add(1, Ordering::Relaxed));
    guess_from(&address, party, username)
}

/// The same from that address.
fn guess_from(address: &str, party: &RelyingParty, username: &str) -> Answer {
    let url = format!("{}/oauth2/token", party.issuer);
    let secret = party.client_secret.clone().unwrap_or_default();
    let form = [
        ("grant_type", "password"),
        ("username", username),
        ("password", "a guess"),
    ];
    let authorization = basic(&party.client_id, &secret);
    let headers = [
        ("x-forwarded-for", address),
        ("authorization", authorization.as_str()),
    ];
    Http::default().post_form(&url, &headers, &form)
}

/// The highest count that the store holds.
fn most_failed(cluster: &Cluster) -> u64 {
    let counted = cluster.database.sql(
        "SELECT coalesce(max(1000000 - attempts), 0) FROM tickets WHERE kind = 'failed_sign_ins'",
    );
    counted.trim().parse().unwrap()
}

/// The answer to the sign-in form, asked for again whoever is signed in already.
fn sign_in(party: &RelyingParty, browser: &mut Browser, username: &str, password: &str) -> Answer {
    let page = browser.open(&party.authorize_url(&[("prompt", "login")]));
    let form = Browser::form(&page);
    let page = browser.submit_form(&form, &[("username", username), ("password", password)]);
    if page.status == 200 && page.text().contains("name=\"decision\"") {
        let form = Browser::form(&page);
        return browser.submit_form(&form, &[("decision", "allow")]);
    }
    page
}
