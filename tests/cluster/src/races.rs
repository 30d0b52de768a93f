//! The same code, refresh token or one-time link used by many requests at once, which nginx
//! spreads over all nodes.

use std::process::{Command, Stdio};

use gatelodge_testkit::{Answer, Browser, Http};

use crate::Cluster;

/// How many at once.
pub const MANY: usize = 64;

/// Asks at once, and says how many won; the others must have been refused as they must. A
/// request that nobody could serve for the crowd (503) is tried again.
fn at_once(ask: impl Fn(usize) -> Answer + Sync, refused: impl Fn(&Answer) + Sync) -> usize {
    let one = |number: usize| loop {
        let answer = ask(number);
        match answer.status {
            200 => return true,
            503 => {}
            _ => {
                refused(&answer);
                return false;
            }
        }
    };
    std::thread::scope(|scope| {
        let one = &one;
        let tries: Vec<_> = (0..MANY)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        tries
            .into_iter()
            .map(|it| it.join().unwrap())
            .filter(|won| *won)
            .count()
    })
}

/// Refused as a code or refresh token that is good no more.
fn invalid_grant(answer: &Answer) {
    answer.expect_error(400, "invalid_grant");
}

/// One code buys one answer, and the replays end what it bought.
pub fn one_code_buys_one_answer(cluster: &Cluster) {
    let party = cluster.public_client();
    let code = cluster.code(&party);
    let won = at_once(|_| party.redeem(&code), invalid_grant);
    assert!(won <= 1, "{won} redemptions of one code won");
    assert_eq!(won, 1, "nobody won");
}

/// One refresh token is rotated once, and the family then ends.
pub fn one_refresh_token_is_rotated_once(cluster: &Cluster) {
    let party = cluster.public_client();
    let first = party.redeem(&cluster.code(&party)).expect_status(200);
    let token = first.field("refresh_token");
    let won = at_once(|_| party.refresh(&token), invalid_grant);
    assert_eq!(won, 1, "{won} rotations of one token won");
    party.refresh(&token).expect_error(400, "invalid_grant");
}

/// A link that lets one person in as administrator, made on the machine of one node, lets one
/// in, whichever nodes it is used at.
pub fn one_link_makes_one_administrator(cluster: &Cluster) {
    let output = Command::new(&cluster.binary)
        .args(["recover", "--user", "boss", "--data-dir"])
        .arg(&cluster.nodes[0].plan().data_dir)
        .args(["--storage", "postgres", "--database-url"])
        .arg(cluster.database.url())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let link = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let mut browser = Browser::new();
    let page = browser.open(&link).expect_status(200);
    let form = Browser::form(&page);
    let cookies = browser.cookie_header("127.0.0.1");
    let url = format!("{}/setup", cluster.admin_url);
    let use_it = |number: usize| {
        let password = format!("a long enough one of {number}");
        let pairs = form.filled(&[("username", "boss"), ("password", &password)]);
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Http::default().post_form(&url, &[("cookie", &cookies)], &pairs)
    };
    let won = at_once(use_it, |answer| {
        let status = answer.status;
        assert!(
            matches!(status, 404 | 409 | 429),
            "{status}: {}",
            answer.text()
        );
    });
    assert_eq!(won, 1, "{won} uses of one link won");
}
