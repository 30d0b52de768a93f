//! What a realm keeps of its people, seen from everywhere: by an administrator, by the person on
//! their own page, and by a client in userinfo, ID tokens and discovery.

use gatelodge_testkit::{Administrator, Browser, Http, Jwt, Server};
use serde_json::{Value, json};

use crate::story::{person, public_client};

const SCHEMA: &str = "/realms/default/user-schema";
const USERS: &str = "/realms/default/users";

fn person_path(server: &Server, administrator: &Administrator) -> String {
    let (username, _) = person(server);
    let found = administrator.get(&format!("{USERS}?username={username}"));
    let page = found.expect_status(200).json();
    format!("{USERS}/{}", page["items"][0]["id"].as_str().unwrap())
}

fn attributes(administrator: &Administrator, path: &str) -> Value {
    let user = administrator.get(path).expect_status(200).json();
    user["attributes"].clone()
}

/// A browser in which the demonstration's person is signed in.
fn signed_in(server: &Server) -> Browser {
    let (username, password) = person(server);
    let mut browser = Browser::new();
    let party = public_client(server, "openid");
    let _ = party.code(&mut browser, username, password);
    browser
}

#[test]
fn a_pattern_holds_for_administrators_and_hostile_ones_are_refused() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let rule = |rule: Value| json!({"attributes": {"badge": rule}});
    for (hostile, field) in [
        (json!({"type": "string", "pattern": "("}), "pattern"),
        (json!({"type": "string", "pattern": "(?=a)a"}), "pattern"),
        (json!({"type": "string", "pattern": "(a)\\1"}), "pattern"),
        (
            json!({"type": "string", "pattern": "((a{100}){100}){100}"}),
            "pattern",
        ),
        (
            json!({"type": "string", "pattern": "a".repeat(513)}),
            "pattern",
        ),
        (
            json!({"type": "string", "editable_by_user": true}),
            "editable_by_user",
        ),
    ] {
        let refused = administrator.put(SCHEMA, &rule(hostile)).expect_status(422);
        let place = format!("attributes.badge.{field}");
        assert_eq!(refused.field("field"), place, "{}", refused.text());
    }
    for contradiction in [
        json!({"type": "integer", "pattern": "[0-9]"}),
        json!({"type": "json", "visible_to_user": true, "editable_by_user": true}),
    ] {
        let refused = administrator.put(SCHEMA, &rule(contradiction));
        assert_eq!(
            refused.expect_status(422).field("field"),
            "attributes.badge"
        );
    }
    // Elsewhere this one takes longer than anybody lives.
    let body = rule(json!({"type": "string", "pattern": "(a|a)*b|[A-Z]{2}-[0-9]{4}"}));
    let put = administrator.put(SCHEMA, &body).expect_status(200).json();
    assert_eq!(
        put["attributes"]["badge"]["pattern"],
        body["attributes"]["badge"]["pattern"]
    );
    let path = person_path(&server, &administrator);
    let try_with =
        |badge: String| administrator.patch(&path, &json!({"attributes": {"badge": badge}}));
    let _ = try_with("DE-0042".to_owned()).expect_status(200);
    for wrong in ["DE-00423", "xDE-0042", "DE-0042\n"] {
        let refused = try_with(wrong.to_owned()).expect_status(422);
        assert_eq!(refused.field("field"), "attributes.badge");
    }
    let _ = try_with("a".repeat(8_000)).expect_status(422);
    assert_eq!(
        attributes(&administrator, &path),
        json!({"badge": "DE-0042"})
    );
}

#[test]
fn a_person_sees_what_they_may_and_changes_what_they_may() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let path = person_path(&server, &administrator);
    let page = format!("{}/account/profile", server.issuer);
    let mut browser = signed_in(&server);
    let account = browser.open(&format!("{}/account", server.issuer));
    assert!(
        !account.text().contains("/account/profile"),
        "nothing to see"
    );

    let body = json!({"attributes": {
        "phone": {"type": "string", "max_length": 20, "pattern": "\\+[0-9 ]+", "display_name": "Desk phone",
            "required": true, "visible_to_user": true, "editable_by_user": true},
        "languages": {"type": "string", "multivalued": true, "visible_to_user": true, "editable_by_user": true},
        "desk": {"type": "integer", "visible_to_user": true, "editable_by_user": true},
        "grade": {"type": "string", "visible_to_user": true},
        "salary": {"type": "integer"},
    }});
    let _ = administrator.put(SCHEMA, &body).expect_status(200);
    let kept = json!({"attributes": {"phone": "+49 1", "grade": "seven", "salary": 424_242}});
    let _ = administrator.patch(&path, &kept).expect_status(200);

    let account = browser.open(&format!("{}/account", server.issuer));
    assert!(account.text().contains("/account/profile"));
    let shown = browser.open(&page).expect_status(200);
    let text = shown.text();
    for words in ["Desk phone", "+49 1", "languages", "grade", "seven"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("salary") && !text.contains("424242"));
    assert!(!text.contains("attribute.grade"), "seen, not changed");
    let csrf = Browser::form(&shown).field("csrf").unwrap().to_owned();

    // All or nothing, and every problem at its field.
    let answer = browser.post(
        &page,
        &[
            ("csrf", &csrf),
            ("attribute.phone", "none"),
            ("attribute.languages", "English\r\nDeutsch\r\n"),
            ("attribute.desk", "upstairs"),
        ],
    );
    let text = answer.expect_status(400).text();
    assert_eq!(text.matches("class=\"problem\"").count(), 2, "{text}");
    assert!(
        text.contains("upstairs") && text.contains("Deutsch"),
        "{text}"
    );
    assert_eq!(attributes(&administrator, &path)["phone"], "+49 1");
    for gone in [
        ("attribute.phone", ""),
        ("attribute.phone", "+49 30 123456789012345"),
    ] {
        let answer = browser.post(&page, &[("csrf", &csrf), gone]);
        let _ = answer.expect_status(400);
    }
    // What is not theirs to change stays, whatever they send.
    let answer = browser.post(
        &page,
        &[
            ("csrf", &csrf),
            ("attribute.phone", "+49 30 1234"),
            ("attribute.languages", "English\r\nDeutsch\r\n"),
            ("attribute.desk", ""),
            ("attribute.grade", "eight"),
            ("attribute.salary", "1"),
            ("attribute.hat", "1"),
        ],
    );
    let answer = answer.expect_status(200);
    assert!(
        answer.text().contains("role=\"status\""),
        "{}",
        answer.text()
    );
    let expected = json!({
        "phone": "+49 30 1234",
        "languages": ["English", "Deutsch"],
        "grade": "seven",
        "salary": 424_242,
    });
    assert_eq!(attributes(&administrator, &path), expected);
    // An empty field forgets; one that was not posted stays.
    let _ = browser
        .post(&page, &[("csrf", &csrf), ("attribute.languages", "")])
        .expect_status(200);
    let known = attributes(&administrator, &path);
    assert!(known.get("languages").is_none() && known["phone"] == "+49 30 1234");

    let trail = administrator.get("/realms/default/audit?action=user.updated");
    let trail = trail.expect_status(200).text();
    assert!(
        trail.contains("\"by\":\"user\"") || trail.contains("\"by\": \"user\""),
        "{trail}"
    );
    assert!(
        !trail.contains("+49 30"),
        "values are nobody's business there"
    );
}

#[test]
fn what_is_posted_to_the_profile_is_its_persons_own_and_still_theirs_to_change() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let path = person_path(&server, &administrator);
    let page = format!("{}/account/profile", server.issuer);
    let mut browser = signed_in(&server);
    let body = json!({"attributes": {"phone": {"type": "string",
        "visible_to_user": true, "editable_by_user": true}}});
    let _ = administrator.put(SCHEMA, &body).expect_status(200);
    let kept = json!({"attributes": {"phone": "+49 1"}});
    let _ = administrator.patch(&path, &kept).expect_status(200);
    let shown = browser.open(&page).expect_status(200);
    let csrf = Browser::form(&shown).field("csrf").unwrap().to_owned();

    // Another session's token, none, and nobody.
    let forged = [("csrf", "AAAA"), ("attribute.phone", "+1")];
    let _ = browser.post(&page, &forged).expect_status(403);
    let mut other = signed_in(&server);
    let stolen = [("csrf", csrf.as_str()), ("attribute.phone", "+1")];
    let _ = other.post(&page, &stolen).expect_status(403);
    let answer = Http::default().post_form(&page, &[], &stolen);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(attributes(&administrator, &path)["phone"], "+49 1");

    // Without the permission to change it there is nothing to post to.
    let mut frozen = body.clone();
    frozen["attributes"]["phone"]["editable_by_user"] = false.into();
    let _ = administrator.put(SCHEMA, &frozen).expect_status(200);
    let late = [("csrf", csrf.as_str()), ("attribute.phone", "+2")];
    let _ = browser.post(&page, &late).expect_status(200);
    assert_eq!(attributes(&administrator, &path)["phone"], "+49 1");
}

#[test]
fn a_claim_of_the_schema_is_told_wherever_discovery_promises_it() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let path = person_path(&server, &administrator);
    let promised = |issuer: &str| -> Vec<String> {
        let url = format!("{issuer}/.well-known/openid-configuration");
        let document = Http::default().get(&url, &[]).json();
        serde_json::from_value(document["claims_supported"].clone()).unwrap()
    };
    let before = promised(&server.issuer);
    let body = json!({"attributes": {
        "centre": {"type": "string", "claim": "cost_centre", "scope": "profile"},
        "floors": {"type": "integer", "multivalued": true, "claim": "https://example.com/floors", "scope": "email"},
        "badge": {"type": "string", "claim": "badge", "scope": "building"},
        "salary": {"type": "integer"},
    }});
    let _ = administrator.put(SCHEMA, &body).expect_status(200);
    let kept =
        json!({"attributes": {"centre": "DE-1", "floors": [1, 2], "badge": "b7", "salary": 1}});
    let _ = administrator.patch(&path, &kept).expect_status(200);
    let scope = json!({"name": "building", "description": "Enter the building."});
    let _ = administrator
        .post("/realms/default/scopes", &scope)
        .expect_status(201);
    let client = server.demo["public_client"]["client_id"].as_str().unwrap();
    let client = format!("/realms/default/clients/{client}");
    let scopes = json!({"scope": "openid profile email offline_access building"});
    let _ = administrator.patch(&client, &scopes).expect_status(200);

    let after = promised(&server.issuer);
    let mut added: Vec<&String> = after.iter().filter(|it| !before.contains(it)).collect();
    added.sort();
    let own = ["badge", "cost_centre", "https://example.com/floors"];
    assert_eq!(added, own);
    let _ = administrator
        .post("/realms", &json!({"slug": "acme", "name": "Acme"}))
        .expect_status(201);
    let elsewhere = promised(&format!("{}/realms/acme", server.issuer));
    assert_eq!(elsewhere, before, "another realm's schema is its own");

    let (username, password) = person(&server);
    for (scope, told) in [
        ("openid", vec![]),
        ("openid profile", vec![("cost_centre", json!("DE-1"))]),
        (
            "openid email building",
            vec![
                ("badge", json!("b7")),
                ("https://example.com/floors", json!([1, 2])),
            ],
        ),
    ] {
        let party = public_client(&server, scope);
        let mut browser = Browser::new();
        let code = party.code(&mut browser, username, password);
        let first = party.redeem(&code).expect_status(200).json();
        let refresh = first["refresh_token"].as_str().unwrap();
        let second = party.refresh(refresh).expect_status(200).json();
        let access = second["access_token"].as_str().unwrap();
        let userinfo = party.userinfo(access).expect_status(200).json();
        let id_token = |answer: &Value| Jwt::parse(answer["id_token"].as_str().unwrap()).claims;
        for (place, claims) in [
            ("ID token", id_token(&first)),
            ("refreshed ID token", id_token(&second)),
            ("userinfo", userinfo),
        ] {
            for name in own {
                let wanted = told.iter().find(|(claim, _)| *claim == name);
                let wanted = wanted.map(|(_, value)| value);
                assert_eq!(
                    claims.get(name),
                    wanted,
                    "{name} in the {place} for {scope}"
                );
            }
            assert!(claims.get("salary").is_none(), "{place}");
        }
    }
    // What is promised no more is told no more.
    let _ = administrator
        .put(SCHEMA, &json!({"attributes": {}}))
        .expect_status(200);
    assert_eq!(promised(&server.issuer), before);
    let party = public_client(&server, "openid profile");
    let code = party.code(&mut Browser::new(), username, password);
    let answer = party.redeem(&code).expect_status(200).json();
    let claims = Jwt::parse(answer["id_token"].as_str().unwrap()).claims;
    assert!(claims.get("cost_centre").is_none());
}
