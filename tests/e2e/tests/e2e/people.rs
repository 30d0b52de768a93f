//! People: what a realm takes as their password, what it keeps of them, how they are found, and
//! how many of them come in and go out at once.

#![expect(
    clippy::disallowed_methods,
    reason = "that something is refused at once is part of the story"
)]

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use gatelodge_testkit::client::{Answer, encode_form};
use gatelodge_testkit::{Administrator, Browser, Http, Server};
use serde_json::{Value, json};

use crate::story::{confidential_client, person, public_client};

const USERS: &str = "/realms/default/users";
const GOOD: &str = "correct horse battery";

/// "correct horse battery", as bcrypt of Unix has it.
const BCRYPT: &str = "$2b$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.";

fn made(administrator: &Administrator, body: &Value) -> String {
    administrator
        .post(USERS, body)
        .expect_status(201)
        .field("id")
}

/// A try by the password grant.
fn tried(server: &Server, username: &str, password: &str) -> Answer {
    confidential_client(server, "openid profile email").token(&[
        ("grant_type", "password"),
        ("username", username),
        ("password", password),
        ("scope", "openid profile email"),
    ])
}

fn ndjson(administrator: &Administrator, server: &Server, path: &str, lines: &[Value]) -> Answer {
    let mut body = String::new();
    for line in lines {
        body.push_str(&line.to_string());
        body.push('\n');
    }
    let authorization = format!("Bearer {}", administrator.token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-ndjson"),
    ];
    let url = format!("{}/admin/v1{path}", server.admin_url);
    Http::default().send("POST", &url, &headers, body.as_bytes())
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_realm_refuses_passwords_that_are_guessed_first() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("blocked.txt");
    std::fs::write(&list, "Unusual Horse Battery Seven\n").unwrap();
    let config = folder.path().join("gatelodge.toml");
    let text = format!(
        "[passwords]\nblocklist_file = {:?}\n",
        list.to_str().unwrap()
    );
    std::fs::write(&config, text).unwrap();
    let server = Server::demo_with(&["--config", config.to_str().unwrap()]);
    let administrator = Administrator::of(&server);
    let refused = |answer: Answer| {
        let answer = answer.expect_status(422);
        assert_eq!(answer.field("field"), "password", "{}", answer.text());
        answer.field("detail")
    };
    let listed = "unusual horse BATTERY seven";
    for password in ["password1", "adalovelace1815", listed, "short"] {
        let body = json!({"username": "adalovelace1815", "password": password});
        let why = refused(administrator.post(USERS, &body));
        assert_eq!(why.contains("list"), password == listed, "{why}");
    }
    let id = made(
        &administrator,
        &json!({"username": "ada.l", "password": GOOD}),
    );
    let path = format!("{USERS}/{id}/password");
    let _ = refused(administrator.put(&path, &json!({"password": "password1"})));
    let strict = json!({"settings": {"password_min_length": 24, "password_history": 2}});
    let _ = administrator
        .patch("/realms/default", &strict)
        .expect_status(200);
    let why = refused(administrator.put(&path, &json!({"password": GOOD})));
    assert!(why.contains("24"), "{why}");
    let longer = json!({"password": format!("{GOOD} and more")});
    let _ = administrator.put(&path, &longer).expect_status(204);
    let why = refused(administrator.put(&path, &longer));
    assert!(why.contains("before"), "{why}");
}

#[test]
fn a_temporary_password_buys_no_token_until_it_is_changed() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let id = made(
        &administrator,
        &json!({"username": "grace", "password": GOOD}),
    );
    let _ = tried(&server, "grace", GOOD).expect_status(200);
    let temporary = "a temporary battery horse";
    let body = json!({"password": temporary, "temporary": true});
    let path = format!("{USERS}/{id}");
    let _ = administrator
        .put(&format!("{path}/password"), &body)
        .expect_status(204);
    let user = administrator.get(&path).expect_status(200).json();
    assert_eq!(user["must_change_password"], true);
    tried(&server, "grace", temporary).expect_error(400, "invalid_grant");
    let credentials = administrator.get(&format!("{path}/credentials"));
    let credential = &credentials.expect_status(200).json()["items"][0];
    assert_eq!(credential["type"], "password");
    assert_eq!(credential["algorithm"], "argon2id");
    assert_eq!(credential["must_change"], true);
    // An administrator can take it back.
    let _ = administrator
        .patch(&path, &json!({"must_change_password": false}))
        .expect_status(200);
    let _ = tried(&server, "grace", temporary).expect_status(200);
    // Without a password nobody signs in by one.
    let _ = administrator
        .delete(&format!("{path}/password"))
        .expect_status(204);
    tried(&server, "grace", temporary).expect_error(400, "invalid_grant");
    let _ = administrator
        .delete(&format!("{path}/password"))
        .expect_status(404);
}

#[test]
fn a_realm_keeps_what_its_schema_says_and_tells_what_its_scope_asks_for() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let schema = "/realms/default/user-schema";
    let body = json!({"attributes": {
        "cost_centre": {"type": "string", "max_length": 6, "claim": "https://example.com/cost_centre", "scope": "profile"},
        "shoe_sizes": {"type": "integer", "multivalued": true},
        "joined": {"type": "date", "required": true, "claim": "joined", "scope": "email"},
    }});
    let stray = json!({"username": "ada2", "attributes": {"joined": "2026-01-31"}});
    let refused = administrator.post(USERS, &stray).expect_status(422);
    assert_eq!(refused.field("field"), "attributes.joined");
    let put = administrator.put(schema, &body).expect_status(200);
    let known = administrator.get(schema).expect_status(200);
    assert_eq!(put.json(), known.json());
    assert!(known.header("etag").is_some());
    let stale = Http::default().json(
        "PUT",
        &format!("{}/admin/v1{schema}", server.admin_url),
        &[
            ("authorization", &format!("Bearer {}", administrator.token)),
            ("if-match", "\"1\""),
        ],
        &body,
    );
    assert_eq!(stale.status, 412, "{}", stale.text());
    let reserved =
        json!({"attributes": {"a": {"type": "string", "claim": "sub", "scope": "email"}}});
    let _ = administrator.put(schema, &reserved).expect_status(422);

    for (attributes, field) in [
        (json!({}), "attributes.joined"),
        (json!({"joined": "2026-02-30"}), "attributes.joined"),
        (
            json!({"joined": "2026-01-31", "cost_centre": "too long"}),
            "attributes.cost_centre",
        ),
        (
            json!({"joined": "2026-01-31", "shoe_sizes": [42, "43"]}),
            "attributes.shoe_sizes",
        ),
        (json!({"joined": "2026-01-31", "hat": 1}), "attributes.hat"),
    ] {
        let body = json!({"username": "grace", "attributes": attributes});
        let refused = administrator.post(USERS, &body).expect_status(422);
        assert_eq!(refused.field("field"), field);
    }
    let attributes = json!({"joined": "2026-01-31", "cost_centre": "4711", "shoe_sizes": [42, 43]});
    let id = made(
        &administrator,
        &json!({"username": "grace", "password": GOOD, "attributes": attributes}),
    );
    let path = format!("{USERS}/{id}");
    let user = administrator.get(&path).expect_status(200).json();
    assert_eq!(user["attributes"], attributes);
    let change = json!({"attributes": {"cost_centre": "0815", "shoe_sizes": null}});
    let user = administrator
        .patch(&path, &change)
        .expect_status(200)
        .json();
    assert_eq!(
        user["attributes"],
        json!({"joined": "2026-01-31", "cost_centre": "0815"})
    );
    let told = |scope: &str| {
        let party = confidential_client(&server, scope);
        let answer = party.token(&[
            ("grant_type", "password"),
            ("username", "grace"),
            ("password", GOOD),
            ("scope", scope),
        ]);
        let token = answer.expect_status(200).field("access_token");
        party.userinfo(&token).expect_status(200).json()
    };
    let some = told("openid profile");
    assert_eq!(some["https://example.com/cost_centre"], "0815");
    assert!(some.get("joined").is_none(), "{some}");
    assert_eq!(told("openid email")["joined"], "2026-01-31");
}

#[test]
fn people_are_found_and_sorted() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let names = ["zoe", "Zora", "bob", "Bo", "carol"];
    for name in names {
        let body = json!({"username": name, "email": format!("{name}@{name}.example")});
        let _ = made(&administrator, &body);
        // They are told apart by the millisecond in which they were made.
        sleep(Duration::from_millis(2));
    }
    let page = |query: &str| {
        let answer = administrator.get(&format!("{USERS}?{query}"));
        answer.expect_status(200).json()
    };
    let listed = |query: &str| -> Vec<String> {
        let page = page(query);
        let items = page["items"].as_array().unwrap();
        let name = |user: &Value| user["username"].as_str().unwrap().to_owned();
        items.iter().map(name).collect()
    };
    assert_eq!(listed("username=ZOE"), ["zoe"]);
    assert_eq!(listed("username=zo"), [""; 0]);
    assert_eq!(listed("username_prefix=ZO"), ["zoe", "Zora"]);
    assert_eq!(listed("email=bob%40bob.example"), ["bob"]);
    assert_eq!(listed("email_prefix=bo"), ["bob", "Bo"]);
    assert_eq!(listed("email_prefix=bo&status=deactivated"), [""; 0]);
    let sorted = ["ada", "Bo", "bob", "carol", "zoe", "Zora"];
    assert_eq!(listed("sort=username"), sorted);
    assert_eq!(listed("sort=username&username_prefix=b"), ["Bo", "bob"]);
    let mut backwards = sorted;
    backwards.reverse();
    // Page by page, in every order.
    for (sort, expected) in [
        ("username", sorted),
        ("-username", backwards),
        ("created_at", ["ada", "zoe", "Zora", "bob", "Bo", "carol"]),
        ("-created_at", ["carol", "Bo", "bob", "Zora", "zoe", "ada"]),
    ] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = page(&format!("sort={sort}&limit=2{cursor}"));
            for user in page["items"].as_array().unwrap() {
                found.push(user["username"].as_str().unwrap().to_owned());
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found, expected, "{sort}");
    }
    let zora = page("username=zora")["items"][0].clone();
    let when = encode_form(&[("", zora["created_at"].as_str().unwrap())]);
    let when = when.trim_start_matches('=');
    assert_eq!(listed(&format!("created_before={when}")), ["ada", "zoe"]);
    let after = listed(&format!("created_after={when}"));
    assert_eq!(after, ["Zora", "bob", "Bo", "carol"]);
    for query in [
        "sort=username&status=active",
        "sort=-created_at&username_prefix=a",
        "sort=email",
        "created_after=yesterday",
        "sort=username&cursor=rubbish",
    ] {
        let refused = administrator.get(&format!("{USERS}?{query}"));
        assert_eq!(refused.status, 422, "{query}: {}", refused.text());
    }
}

#[test]
fn a_user_is_signed_out_everywhere_and_comes_back_after_being_away() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let (username, password) = person(&server);
    let user = administrator.get(&format!("{USERS}?username={username}"));
    let id = user.expect_status(200).json()["items"][0]["id"].clone();
    let path = format!("{USERS}/{}", id.as_str().unwrap());
    let sessions = || {
        let answer = administrator.get(&format!("{path}/sessions"));
        let page = answer.expect_status(200).json();
        page["items"].as_array().unwrap().len()
    };
    let party = public_client(&server, "openid");
    let mut browser = Browser::new();
    let code = party.code(&mut browser, username, password);
    let token = party.redeem(&code).expect_status(200).field("access_token");
    assert_eq!(sessions(), 1);
    let _ = administrator
        .delete(&format!("{path}/sessions"))
        .expect_status(204);
    assert_eq!(sessions(), 0);
    assert_eq!(party.userinfo(&token).status, 401);
    let page = browser.open(&party.authorize_url(&[]));
    assert!(page.text().contains("password"), "{}", page.text());

    let away = json!({"status": "deactivated", "status_reason": "on leave"});
    let answer = administrator.patch(&path, &away).expect_status(200);
    assert!(!answer.text().contains("on leave"));
    tried(&server, username, password).expect_error(400, "invalid_grant");
    let back = json!({"status": "active", "status_reason": "back again"});
    let _ = administrator.patch(&path, &back).expect_status(200);
    let _ = tried(&server, username, password).expect_status(200);
    // Shut out for a while, and only until a time to come.
    let past = json!({"status": "suspended", "suspended_until": "2020-01-01T00:00:00Z"});
    let refused = administrator.patch(&path, &past).expect_status(422);
    assert_eq!(refused.field("field"), "suspended_until");
    let locked = json!({"status": "suspended", "suspended_until": "2999-01-01T00:00:00Z"});
    let user = administrator
        .patch(&path, &locked)
        .expect_status(200)
        .json();
    assert_eq!(user["suspended_until"], "2999-01-01T00:00:00.000Z");
    tried(&server, username, password).expect_error(400, "invalid_grant");
    let _ = administrator
        .patch(&path, &json!({"status": "active"}))
        .expect_status(200);
    let _ = tried(&server, username, password).expect_status(200);
    let trail = administrator.get("/realms/default/audit?action=user.updated");
    let text = trail.expect_status(200).text();
    for words in ["on leave", "back again", "reactivated"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn many_users_come_in_and_go_out() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let mut body: Vec<Value> = (0..300)
        .map(|number| json!({"username": format!("many-{number}"), "email_verified": false}))
        .collect();
    body.push(
        json!({"username": "grace", "email": "grace@example.org", "email_verified": true,
        "profile": {"name": "Grace Hopper"}, "password_hash": BCRYPT}),
    );
    body.push(json!({"username": "weak", "password": "password1"}));
    body.push(json!({"username": "many-7"}));
    body.push(json!({"username": "costly", "password_hash": BCRYPT.replace("$05$", "$31$")}));
    body.push(json!({"user": "nobody"}));
    let path = format!("{USERS}/import");
    let dry = ndjson(
        &administrator,
        &server,
        &format!("{path}?dry_run=true"),
        &body,
    );
    let dry = lines(&dry.expect_status(200));
    let wet = ndjson(&administrator, &server, &path, &body).expect_status(200);
    assert_eq!(wet.header("content-type"), Some("application/x-ndjson"));
    let wet = lines(&wet);
    for report in [&dry, &wet] {
        let summary = &report.last().unwrap()["summary"];
        assert_eq!(summary["lines"], 305, "{summary}");
        assert_eq!(summary["created"], 301, "{summary}");
        assert_eq!(summary["refused"], 4, "{summary}");
        assert_eq!(summary["complete"], true, "{summary}");
        let refused: Vec<_> = report
            .iter()
            .filter(|line| line["result"] == "refused")
            .map(|line| {
                (
                    line["line"].as_u64().unwrap(),
                    line["problem"]["field"].as_str().unwrap(),
                )
            })
            .collect();
        let expected = [
            (302, "password"),
            (303, "username"),
            (304, "password_hash"),
            (305, "user"),
        ];
        assert_eq!(refused, expected);
    }
    assert_eq!(dry.last().unwrap()["summary"]["dry_run"], true);
    let id = wet[300]["id"].as_str().unwrap();
    let credential = || {
        let answer = administrator.get(&format!("{USERS}/{id}/credentials"));
        answer.expect_status(200).json()["items"][0].clone()
    };
    assert_eq!(credential()["algorithm"], "bcrypt");
    tried(&server, "grace", "wrong horse").expect_error(400, "invalid_grant");
    let _ = tried(&server, "grace", GOOD).expect_status(200);
    assert_eq!(credential()["algorithm"], "argon2id");

    let plain = administrator
        .get(&format!("{USERS}/export"))
        .expect_status(200);
    assert!(!plain.text().contains("argon2id"));
    assert_eq!(lines(&plain).len(), 302);
    let whole = administrator.get(&format!("{USERS}/export?include=password_hashes"));
    let whole = lines(&whole.expect_status(200));
    let _ = administrator
        .post("/realms", &json!({"slug": "acme", "name": "Acme"}))
        .expect_status(201);
    let there = "/realms/acme/users/import";
    let report = lines(&ndjson(&administrator, &server, there, &whole).expect_status(200));
    assert_eq!(report.last().unwrap()["summary"]["created"], 302);
    let again = administrator.get("/realms/acme/users/export?include=password_hashes");
    let again = lines(&again.expect_status(200));
    let known = |lines: &[Value]| -> BTreeSet<String> {
        let strip = |line: &Value| {
            let mut line = line.clone();
            for own in ["id", "created_at"] {
                let _ = line.as_object_mut().unwrap().remove(own);
            }
            line.to_string()
        };
        lines.iter().map(strip).collect()
    };
    assert_eq!(known(&again), known(&whole));
    let skipped = ndjson(
        &administrator,
        &server,
        &format!("{there}?on_conflict=skip"),
        &whole,
    );
    let skipped = lines(&skipped.expect_status(200));
    assert_eq!(skipped.last().unwrap()["summary"]["skipped"], 302);
    let wrong = administrator.post(there, &json!({}));
    assert_eq!(wrong.status, 415, "{}", wrong.text());
}

/// Each algorithm's hash of [`GOOD`] or "password", made elsewhere, and what it is called here.
const FOREIGN: [(&str, &str, &str); 6] = [
    (
        "pbkdf2-sha256",
        "password",
        "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44",
    ),
    ("bcrypt", GOOD, BCRYPT),
    (
        "scrypt",
        GOOD,
        "scrypt$seasalt$1024$8$5$ZPrjhuL1dTuhxIFFj1avSf7m1XRGd92Yd0HHF99NCBMJo39ZS0qduEMDnlPUmD0+/G7SHDkbPZrz62u7VtT6Xg==",
    ),
    (
        "sha512-crypt",
        GOOD,
        "{CRYPT}$6$saltstring$dBHc6z5hpSlx63LLGnlt2xpSGH7T2QL7PJTCjPwajfWh/K10OPeGyl0Oe5VoIANbBgC0gNnRFVE.3uO/lesxj/",
    ),
    (
        "ssha",
        GOOD,
        "{SSHA}LJwXwn56x3y+rDkpIUugftV+6KAAAQIDBAUGBw==",
    ),
    (
        "argon2i",
        "password",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
    ),
];

#[test]
fn a_hash_of_every_kind_is_verified_once_and_replaced() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let any_number = json!({"settings": {"sign_in_attempts_per_minute": 0}});
    let _ = administrator
        .patch("/realms/default", &any_number)
        .expect_status(200);
    let name = |algorithm: &str| format!("by-{algorithm}");
    let all: Vec<Value> = FOREIGN
        .iter()
        .map(|(kind, _, hash)| json!({"username": name(kind), "password_hash": hash}))
        .collect();
    let report = ndjson(&administrator, &server, &format!("{USERS}/import"), &all);
    let report = lines(&report.expect_status(200));
    assert_eq!(
        report.last().unwrap()["summary"]["created"],
        6,
        "{report:?}"
    );
    for ((kind, password, _), line) in FOREIGN.iter().zip(&report) {
        let path = format!("{USERS}/{}/credentials", line["id"].as_str().unwrap());
        let algorithm = || {
            let answer = administrator.get(&path).expect_status(200).json();
            answer["items"][0]["algorithm"].clone()
        };
        assert_eq!(algorithm(), *kind);
        tried(&server, &name(kind), "another password").expect_error(400, "invalid_grant");
        assert_eq!(algorithm(), *kind, "a wrong try replaces nothing");
        let _ = tried(&server, &name(kind), password).expect_status(200);
        assert_eq!(algorithm(), "argon2id", "{kind}");
        let _ = tried(&server, &name(kind), password).expect_status(200);
    }
}

#[test]
fn an_import_that_updates_leaves_what_a_line_does_not_name() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let import = format!("{USERS}/import?on_conflict=update");
    let take = |line: Value| {
        let report = ndjson(&administrator, &server, &import, &[line]);
        lines(&report.expect_status(200)).remove(0)
    };
    let made = take(json!({
        "username": "karen", "email": "karen@example.org", "email_verified": true,
        "profile": {"nickname": "K"}, "status": "suspended",
        "suspended_until": "2999-01-01T00:00:00Z", "must_change_password": true,
    }));
    let path = format!("{USERS}/{}", made["id"].as_str().unwrap());
    let known = || {
        let mut user = administrator.get(&path).expect_status(200).json();
        let _changes_each_time = user.as_object_mut().unwrap().remove("updated_at");
        user
    };
    let before = known();
    assert_eq!(before["status"], "suspended");
    assert_eq!(take(json!({"username": "karen"}))["result"], "updated");
    assert_eq!(
        known(),
        before,
        "nobody is let in by a line that does not say so"
    );
    // What goes out comes back as the same.
    let out = administrator.get(&format!("{USERS}/export"));
    let out = lines(&out.expect_status(200));
    let karen = out
        .into_iter()
        .find(|it| it["username"] == "karen")
        .unwrap();
    assert_eq!(take(karen)["result"], "updated");
    assert_eq!(known(), before);
    let _ = take(json!({"username": "karen", "email": "k@example.org", "status": "active"}));
    let after = known();
    assert_eq!(
        (&after["status"], &after["email_verified"]),
        (&json!("active"), &json!(false))
    );
    assert_eq!(after["profile"], before["profile"]);
    let _ = take(json!({"username": "karen", "email": null}));
    assert_eq!(known()["email"], Value::Null);
    for (line, field) in [
        (
            json!({"username": "karen", "sub": "u_mfrggzdfmztwq2lknnwg23tpob"}),
            "sub",
        ),
        (json!({"username": "karen", "status": "gone"}), "status"),
        (
            json!({"username": "karen", "status": "suspended"}),
            "suspended_until",
        ),
        (
            json!({"username": "karen", "suspended_until": "2999-01-01T00:00:00Z"}),
            "suspended_until",
        ),
    ] {
        let refused = take(line);
        assert_eq!(refused["problem"]["field"], field, "{refused}");
    }
    // The same of one by one.
    let alone = json!({"suspended_until": "2999-01-01T00:00:00Z"});
    let refused = administrator.patch(&path, &alone).expect_status(422);
    assert_eq!(refused.field("field"), "suspended_until");
}

#[test]
fn a_line_about_the_last_administrator_is_taken_whole_or_not_at_all() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let system = "/realms/system/users";
    let name = server.demo["admin"]["username"].as_str().unwrap();
    let found = administrator.get(&format!("{system}?username={name}"));
    let before = found.expect_status(200).json()["items"][0].clone();
    let import = format!("{system}/import?on_conflict=update");
    for line in [
        json!({"username": name, "email": "new@example.org", "password": GOOD, "roles": []}),
        json!({"username": name, "email": "new@example.org", "status": "deactivated"}),
    ] {
        let report = ndjson(&administrator, &server, &import, &[line]);
        let report = lines(&report.expect_status(200));
        assert_eq!(report[0]["problem"]["status"], 409, "{report:?}");
    }
    let path = format!("{system}/{}", before["id"].as_str().unwrap());
    let after = administrator.get(&path).expect_status(200).json();
    assert_eq!(after, before, "and their tokens are good still");
    let _ = Administrator::of(&server);
}

/// Two realms with the same roles and the same group.
fn two_realms_alike(administrator: &Administrator) {
    let _ = administrator
        .post("/realms", &json!({"slug": "acme", "name": "Acme"}))
        .expect_status(201);
    for realm in ["default", "acme"] {
        for role in ["editor", "reader"] {
            let _ = administrator
                .post(&format!("/realms/{realm}/roles"), &json!({"name": role}))
                .expect_status(201);
        }
        let _ = administrator
            .post(
                &format!("/realms/{realm}/groups"),
                &json!({"name": "staff"}),
            )
            .expect_status(201);
    }
}

#[test]
fn roles_and_groups_travel_with_users_and_nobody_gives_what_they_may_not() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    two_realms_alike(&administrator);
    let people = [
        json!({"username": "grace", "roles": ["editor", "reader"], "groups": ["staff"]}),
        json!({"username": "henry", "roles": ["edditor", "reader", "no-one"]}),
        json!({"username": "irene", "groups": ["stuff"]}),
        json!({"username": "jonas", "roles": ["Not A Name"]}),
        json!({"username": "karen", "roles": [], "groups": ["staff"]}),
    ];
    let path = format!("{USERS}/import");
    // Who may write users and nothing else.
    let clerk = Administrator::with_scope(&server, "openid users:read users:write");
    let report = lines(&ndjson(&clerk, &server, &path, &people).expect_status(200));
    let results: Vec<_> = report[..5]
        .iter()
        .map(|line| line["problem"]["status"].as_u64())
        .collect();
    let denied = Some(403);
    assert_eq!(
        results,
        [denied, denied, denied, Some(422), denied],
        "{report:?}"
    );
    let denials = administrator.get("/realms/system/audit?action=access.denied");
    let denials = denials.expect_status(200).text();
    for right in ["roles:write", "groups:write"] {
        assert_eq!(denials.matches(right).count(), 1, "{denials}");
    }
    let refused = clerk.get(&format!("{USERS}/export?include=roles"));
    assert_eq!(refused.status, 403, "{}", refused.text());
    let _ = clerk.get(&format!("{USERS}/export")).expect_status(200);

    for query in ["?dry_run=true", ""] {
        let report = ndjson(&administrator, &server, &format!("{path}{query}"), &people);
        let report = lines(&report.expect_status(200));
        let fields: Vec<_> = report[..5]
            .iter()
            .map(|line| line["problem"]["field"].as_str())
            .collect();
        assert_eq!(
            fields,
            [None, Some("roles"), Some("groups"), Some("roles"), None]
        );
        let detail = report[1]["problem"]["detail"].as_str().unwrap();
        assert!(detail.ends_with(": edditor, no-one"), "{detail}");
        assert_eq!(report[5]["summary"]["created"], 2, "{report:?}");
    }
    // The same events as by hand.
    let id = administrator.get(&format!("{USERS}?username=grace"));
    let id = id.expect_status(200).json()["items"][0]["id"].clone();
    let trail = format!("/realms/default/audit?target={}", id.as_str().unwrap());
    let trail = administrator.get(&trail).expect_status(200).json();
    let mut actions: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["action"].as_str().unwrap())
        .collect();
    actions.sort_unstable();
    assert_eq!(
        actions,
        [
            "group.membership",
            "role.assigned",
            "role.assigned",
            "user.created"
        ]
    );
}

#[test]
fn roles_and_groups_come_out_as_they_go_in_and_an_update_changes_what_it_names() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    two_realms_alike(&administrator);
    let path = format!("{USERS}/import");
    let people = [
        json!({"username": "grace", "roles": ["editor", "reader"], "groups": ["staff"]}),
        json!({"username": "karen", "roles": [], "groups": ["staff"]}),
    ];
    let _ = ndjson(&administrator, &server, &path, &people).expect_status(200);
    let export = |realm: &str| -> Vec<Value> {
        let path = format!("/realms/{realm}/users/export?include=groups,roles,password_hashes");
        lines(&administrator.get(&path).expect_status(200))
    };
    let held = |people: &[Value]| -> Vec<(String, Value, Value)> {
        let text = |line: &Value| line["username"].as_str().unwrap().to_owned();
        let of = |line| (text(line), line["roles"].clone(), line["groups"].clone());
        let mut all: Vec<_> = people.iter().map(of).collect();
        // Those of one millisecond come in any order.
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    };
    let out = export("default");
    assert_eq!(
        held(&out)[1],
        (
            "grace".to_owned(),
            json!(["editor", "reader"]),
            json!(["staff"])
        )
    );
    let there = ndjson(&administrator, &server, "/realms/acme/users/import", &out);
    let there = lines(&there.expect_status(200));
    assert_eq!(there.last().unwrap()["summary"]["refused"], 0, "{there:?}");
    assert_eq!(held(&export("acme")), held(&out));
    // A line that names other roles changes them, and one that names none of them leaves them.
    let update = format!("{path}?on_conflict=update");
    let turned = [
        json!({"username": "grace", "roles": ["reader"], "groups": []}),
        json!({"username": "karen"}),
    ];
    let report = lines(&ndjson(&administrator, &server, &update, &turned).expect_status(200));
    assert_eq!(report[2]["summary"]["updated"], 2, "{report:?}");
    let now = held(&export("default"));
    assert_eq!(now[1], ("grace".to_owned(), json!(["reader"]), json!([])));
    assert_eq!(now[2], ("karen".to_owned(), json!([]), json!(["staff"])));
}

#[test]
fn hashes_that_would_keep_the_house_busy_are_refused_at_once() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let b64 = "AAECAwQFBgcICQoLDA0ODw";
    let hostile: Vec<Value> = [
        BCRYPT.replace("$05$", "$31$"),
        format!("$scrypt$ln=30,r=8,p=1${b64}${b64}"),
        format!("$pbkdf2-sha256$1000000000${b64}${b64}"),
        format!("$6$rounds=1000000000$salt${}", "x".repeat(86)),
        format!("$argon2id$v=19$m=4194304,t=1,p=1${b64}${b64}"),
    ]
    .iter()
    .enumerate()
    .map(|(number, hash)| json!({"username": format!("mallory{number}"), "password_hash": hash}))
    .collect();
    let began = Instant::now();
    let path = format!("{USERS}/import");
    let report = lines(&ndjson(&administrator, &server, &path, &hostile).expect_status(200));
    assert!(began.elapsed().as_secs() < 30, "none of them was computed");
    for line in &report[..5] {
        assert_eq!(line["problem"]["field"], "password_hash", "{line}");
    }
    assert_eq!(report[5]["summary"]["refused"], 5);
}

#[test]
fn failing_sign_ins_answer_the_same_bytes_whoever_they_are_of() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let off = json!({"settings": {"sign_in_attempts_per_minute": 0}});
    let _ = administrator
        .patch("/realms/default", &off)
        .expect_status(200);
    let disabled = made(
        &administrator,
        &json!({"username": "disabled", "password": GOOD}),
    );
    let body = json!({"status": "deactivated"});
    let path = format!("{USERS}/{disabled}");
    let _ = administrator.patch(&path, &body).expect_status(200);
    let _ = made(
        &administrator,
        &json!({"username": "wrong", "password": GOOD}),
    );
    let _ = made(&administrator, &json!({"username": "nopassword"}));
    let import = format!("{USERS}/import");
    let imported = json!({"username": "imported", "password_hash": BCRYPT});
    let _ = ndjson(&administrator, &server, &import, &[imported]).expect_status(200);
    let mut grants = BTreeSet::new();
    let mut pages = BTreeSet::new();
    for (name, password) in [
        ("unknown", "not the password"),
        ("wrong", "not the password"),
        ("disabled", GOOD),
        ("disabled", "not the password"),
        ("nopassword", "not the password"),
        ("imported", "not the password"),
    ] {
        let answer = tried(&server, name, password);
        let _ = grants.insert((answer.status, answer.text()));
        let mut browser = Browser::new();
        let page = browser.open(&public_client(&server, "openid").authorize_url(&[]));
        let answer = browser.submit(&page, &[("username", name), ("password", password)]);
        let mut text = answer.text();
        let form = Browser::form(&answer);
        for sealed in ["request", "csrf"] {
            if let Some(value) = form.field(sealed) {
                text = text.replace(value, "SEALED");
            }
        }
        let _ = pages.insert((answer.status, text.replace(name, "NAME")));
    }
    assert_eq!(grants.len(), 1, "{grants:?}");
    assert_eq!(pages.len(), 1, "{pages:?}");
}
