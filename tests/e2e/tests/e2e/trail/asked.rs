//! Asking the trail: by time, actor, action, target and outcome, alone and together, in a list
//! and in an export.

use gatelodge_testkit::{Administrator, Browser, Server};
use serde_json::{Value, json};

use super::{lines, listed, positions, tokens};
use crate::story::{person, public_client};

const LIST: &str = "/realms/default/audit";

/// Whether an event answers a question.
type Holds<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

/// A realm in which several actors did and tried several things.
fn busy() -> (Server, Administrator, String) {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let mut last = String::new();
    for username in ["grace", "hopper", "lovelace"] {
        let body = json!({"username": username, "password": "a long enough password"});
        let made = administrator.post("/realms/default/users", &body);
        last = made.expect_status(201).field("id");
    }
    tokens(&server, 3);
    let party = public_client(&server, "openid");
    let (username, password) = person(&server);
    let browser = &mut Browser::new();
    let page = browser.open(&party.authorize_url(&[]));
    let refused = browser.submit(&page, &[("username", username), ("password", "not it")]);
    assert_eq!(refused.status, 401);
    let _ = party.code(&mut Browser::new(), username, password);
    (server, administrator, last)
}

/// How an actor is written in a question.
fn actor(event: &Value) -> String {
    let kind = event["actor"]["kind"].as_str().unwrap();
    match event["actor"]["id"].as_str() {
        Some(id) => format!("{kind}:{id}"),
        None => kind.to_owned(),
    }
}

fn at(event: &Value) -> &str {
    event["at"].as_str().unwrap()
}

#[test]
fn the_trail_answers_by_time_actor_action_target_and_outcome() {
    let (_server, administrator, user) = busy();
    let newest = administrator.get(&format!("{LIST}?limit=1")).json();
    let below = newest["items"][0]["position"].as_u64().unwrap() + 1;
    let all = listed(&administrator, &format!("{LIST}?"), below);
    let middle = at(&all[all.len() / 2]).to_owned();
    let token = all.iter().find(|it| it["action"] == "token.issued");
    let (root, client) = {
        let made = all.iter().find(|it| it["action"] == "user.created");
        (actor(made.unwrap()), actor(token.unwrap()))
    };
    assert!(root.starts_with("user:") && client.starts_with("client:"));
    let questions: [(String, Holds<'_>); 9] = [
        (
            format!("from={middle}"),
            Box::new(|it| at(it) >= middle.as_str()),
        ),
        (
            format!("to={middle}"),
            Box::new(|it| at(it) < middle.as_str()),
        ),
        (format!("actor={root}"), Box::new(|it| actor(it) == root)),
        (
            format!("actor={client}"),
            Box::new(|it| actor(it) == client),
        ),
        (
            "actor=anonymous".to_owned(),
            Box::new(|it| actor(it) == "anonymous"),
        ),
        (
            "action=user.created".to_owned(),
            Box::new(|it| it["action"] == "user.created"),
        ),
        (
            format!("target={user}"),
            Box::new(|it| it["target"]["id"] == user.as_str()),
        ),
        (
            "outcome=denied".to_owned(),
            Box::new(|it| it["outcome"] == "denied"),
        ),
        (
            format!(
                "actor={root}&action=user.created&target={user}&outcome=success&from=1970-01-01T00:00:00Z"
            ),
            Box::new(|it| it["action"] == "user.created" && it["target"]["id"] == user.as_str()),
        ),
    ];
    for (question, holds) in questions {
        let expected: Vec<Value> = all.iter().filter(|it| holds(it)).cloned().collect();
        let some = !expected.is_empty() && expected.len() < all.len();
        assert!(some, "{question} asks for {} events", expected.len());
        let found = listed(&administrator, &format!("{LIST}?{question}&"), below);
        assert_eq!(found, expected, "{question}");
        let exported = administrator.get(&format!("{LIST}/export?{question}"));
        let mut exported = positions(&lines(&exported.expect_status(200).text()));
        // What was done since is ours: the reading itself.
        exported.retain(|position| *position < below);
        assert_eq!(exported, positions(&expected), "{question}");
    }
}
