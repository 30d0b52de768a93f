//! Failed sign-ins are counted by all nodes together, and a browser that signed in before is
//! not shut out by strangers.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use gatelodge_testkit::client::basic;
use gatelodge_testkit::{Answer, Browser, Http, RelyingParty};
use serde_json::json;

use crate::Cluster;

/// How many failed tries a minute the story allows.
const LIMIT: u64 = 4;

/// Tries at the nodes in turn.
pub fn counts_across_nodes(cluster: &Cluster) {
    let administrator = cluster.administrator_at(0);
    let text = |name: &str| cluster.demo["user"][name].as_str().unwrap().to_owned();
    let (username, password) = (text("username"), text("password"));
    let mut familiar = Browser::new();
    let party = cluster.public_client_at(0);
    let _ = party.code(&mut familiar, &username, &password);

    let realm = |limit: u64| json!({"settings": {"sign_in_attempts_per_minute": limit}});
    let done = administrator.patch("/realms/default", &realm(LIMIT));
    let _ = done.expect_status(200);

    // Within a second a changed setting holds everywhere.
    std::thread::sleep(Duration::from_secs(1));

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

/// A wrong password by the password grant, from an address of its own.
fn guess(party: &RelyingParty, username: &str) -> Answer {
    static ADDRESS: AtomicU8 = AtomicU8::new(1);
    let url = format!("{}/oauth2/token", party.issuer);
    let secret = party.client_secret.clone().unwrap_or_default();
    let form = [
        ("grant_type", "password"),
        ("username", username),
        ("password", "a guess"),
    ];
    let authorization = basic(&party.client_id, &secret);
    let address = format!("198.51.100.{}", ADDRESS.fetch_add(1, Ordering::Relaxed));
    let headers = [
        ("x-forwarded-for", address.as_str()),
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
