//! What an operator does about those who cannot get in, and those who should not be in:
//! delays, sessions, grants, revocations and second factors.

use gatelodge_testkit::relying_party::parameter;
use gatelodge_testkit::{Administrator, Answer, Browser, RelyingParty, Server};
use serde_json::{Value, json};

use super::{Lodge, Said};
use crate::factors::App;
use crate::story::{confidential_client, person, public_client};

const SCOPE: &str = "openid offline_access";
const NOBODY: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn items(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The tokens of a new sign-in of the demonstration's person, in a browser of its own.
fn tokens(server: &Server, party: &RelyingParty) -> Answer {
    let (username, password) = person(server);
    let further = [("prompt", "consent")];
    let answered = party.sign_in(&mut Browser::new(), username, password, &further);
    let code = parameter(&answered, "code").unwrap();
    party.redeem(code).expect_status(200)
}

fn guess(party: &RelyingParty, username: &str) -> Answer {
    party.token(&[
        ("grant_type", "password"),
        ("username", username),
        ("password", "a guess"),
    ])
}

/// No line of a table is wider than the terminal, and each row is one line.
#[track_caller]
fn fits(said: &Said, rows: usize) {
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), rows + 1, "{}", said.out);
    let widest = lines.iter().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{}", said.out);
}

#[test]
fn somebody_who_must_wait_is_seen_and_let_go() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let none = lodge.run(&["throttle", "list"]).expect(0);
    assert_eq!((none.out.as_str(), none.err.trim()), ("", "Nothing there."));
    let settings = [
        "--settings.sign-in-attempts-per-minute",
        "0",
        "--settings.sign-in-delay-after",
        "2",
    ];
    lodge
        .run(&[&["realm", "update", "default"], &settings[..]].concat())
        .expect(0);
    let party = confidential_client(&server, "openid");
    let (username, _) = person(&server);
    let waits = |name: &str| (0..20).any(|_| guess(&party, name).status == 429);
    assert!(waits(username) && waits("nobody-of-that-name"));

    fits(&lodge.run(&["throttle", "list"]).expect(0), 3);
    let all = lodge.json(&["throttle", "list"]);
    let kinds: Vec<&str> = items(&all).iter().map(|one| text(one, "kind")).collect();
    let count = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!((count("account"), count("address")), (2, 1), "{all}");
    // By the name of a person, not only by their row id.
    let theirs = lodge.json(&["throttle", "list", "--user", username]);
    assert_eq!(items(&theirs).len(), 1, "{theirs}");
    assert_eq!(theirs, lodge.json(&["user", "throttle", username]));
    let here = lodge.json(&["throttle", "list", "--address", "127.0.0.1"]);
    assert_eq!(items(&here).len(), 1, "{here}");

    lodge.run(&["user", "lift-throttle", username]).expect(0);
    assert_eq!(
        lodge.json(&["throttle", "list", "--user", username]),
        json!([])
    );
    let address = text(&here[0], "id");
    let lift = ["throttle", "lift", address];
    let said = lodge.run(&lift).expect(0);
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        ("", &*format!("done: throttle lift {address}\n"))
    );
    assert_eq!(guess(&party, username).status, 400, "nobody has to wait");
    lodge.run(&lift).expect(1);
    lodge.run(&["throttle", "lift"]).expect(2);
    lodge.run(&["user", "lift-throttle", "nobody"]).expect(1);
    Lodge::of(&server).run(&lift).expect(3);
    let lifted = lodge.json(&[
        "audit",
        "list",
        "--action",
        "throttle.lifted",
        "-r",
        "default",
    ]);
    assert_eq!(items(&lifted).len(), 2, "{lifted}");
}

#[test]
fn a_grant_is_found_looked_at_and_ended() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let party = public_client(&server, SCOPE);
    let given = [tokens(&server, &party), tokens(&server, &party)];
    let (username, _) = person(&server);
    let list = ["grant", "list", "--user", username, "--live"];
    fits(&lodge.run(&list).expect(0), 2);
    let grants = lodge.json(&list);
    let same = lodge.json(&["grant", "list", "--client-id", &party.client_id, "--live"]);
    assert_eq!(same, grants);
    let session = text(&grants[0], "session");
    let of_one = lodge.json(&["grant", "list", "--session", session]);
    assert_eq!(of_one, json!([grants[0]]));
    let id = text(&grants[0], "id");
    assert_eq!(lodge.json(&["grant", "get", id]), grants[0]);

    let said = lodge.run(&["grant", "end", id]).expect(0);
    assert_eq!(said.err, format!("done: grant end {id}\n"));
    assert_eq!(items(&lodge.json(&list)).len(), 1);
    let works: Vec<bool> = given
        .iter()
        .map(|one| party.refresh(&one.field("refresh_token")).status == 200)
        .collect();
    assert_eq!(works.iter().filter(|works| **works).count(), 1, "{works:?}");
    assert!(lodge.json(&["grant", "get", id])["ended_at"].is_string());
    lodge.run(&["grant", "get", NOBODY]).expect(1);
    lodge.run(&["grant", "end", NOBODY]).expect(1);
    lodge.run(&["grant", "list", "--user", "nobody"]).expect(1);
    lodge.run(&["grant", "end"]).expect(2);
}

#[test]
fn tokens_are_revoked_by_every_name_that_they_can_be_called() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let party = public_client(&server, SCOPE);
    let (username, _) = person(&server);
    let claims = |answer: &Answer| {
        let token = gatelodge_testkit::Jwt::parse(&answer.field("access_token"));
        token.claims
    };
    let kinds = ["jti", "grant", "session", "user", "client", "realm"];
    for kind in kinds {
        let given = tokens(&server, &party);
        let claims = claims(&given);
        let (flag, name): (&str, &str) = match kind {
            "jti" => ("--jti", text(&claims, "jti")),
            "grant" => ("--grant", text(&claims, "gid")),
            "session" => ("--session", text(&claims, "sid")),
            "user" => ("--user", username),
            "client" => ("--client", &party.client_id),
            _ => ("--whole-realm", ""),
        };
        let works = || party.userinfo(&given.field("access_token")).status == 200;
        assert!(works(), "{kind}");
        let line = ["revocation", "create", flag, name];
        let line = line.iter().filter(|part| !part.is_empty()).copied();
        let said = lodge.run(&line.collect::<Vec<_>>()).expect(0);
        assert!(!works(), "{kind}: {}", said.all());
        let refreshed = party.refresh(&given.field("refresh_token")).status == 200;
        // One access token is gone; and what may outlive its session does.
        let lives_on = matches!(kind, "jti" | "session");
        assert_eq!(refreshed, lives_on, "{kind}");
        if kind == "realm" {
            assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        }
    }
    lodge.run(&["revocation", "create"]).expect(1);
    let two = ["revocation", "create", "--jti", NOBODY, "--user", username];
    lodge.run(&two).expect(1);
    lodge
        .run(&["revocation", "create", "--user", "nobody"])
        .expect(1);
    lodge
        .run(&["revocation", "create", "--jti", "nonsense"])
        .expect(1);
    Lodge::of(&server)
        .run(&["revocation", "create", "--jti", NOBODY])
        .expect(3);
    // The administrator's own tokens are of another realm.
    lodge.run(&["status"]).expect(0);
}

#[test]
fn somebody_is_signed_out_of_one_browser_of_all_or_of_a_client() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let party = public_client(&server, "openid");
    let (username, _) = person(&server);
    let given: Vec<Answer> = (0..3).map(|_| tokens(&server, &party)).collect();
    let list = ["session", "list", "--user", username, "--live"];
    fits(&lodge.run(&list).expect(0), 3);
    let sessions = lodge.json(&list);
    let of_user = lodge.json(&["user", "sessions", username]);
    assert_eq!(items(&of_user).len(), 3);
    let first = text(&sessions[0], "id");
    assert_eq!(lodge.json(&["session", "get", first])["id"], first);
    let works = |one: &Answer| party.userinfo(&one.field("access_token")).status == 200;
    let left = || given.iter().filter(|one| works(one)).count();

    lodge.run(&["session", "end", first]).expect(0);
    assert_eq!((left(), items(&lodge.json(&list)).len()), (2, 2));
    lodge
        .run(&["client", "end-sessions", &party.client_id])
        .expect(0);
    assert_eq!((left(), items(&lodge.json(&list)).len()), (0, 2));
    lodge.run(&["user", "end-sessions", username]).expect(0);
    assert_eq!(lodge.json(&list), json!([]));
    lodge.run(&["session", "get", NOBODY]).expect(1);
    lodge.run(&["session", "end", NOBODY]).expect(1);
    lodge.run(&["client", "end-sessions", "nobody"]).expect(1);
    lodge.run(&["session", "end"]).expect(2);
}

#[test]
fn somebody_who_lost_their_telephone_gets_in_again() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let (username, password) = person(&server);
    let browser = |path: &str| {
        let mut browser = Browser::new();
        let form = browser.open(&format!("{}/login?next=security", server.issuer));
        let _ = browser.submit(&form, &[("username", username), ("password", password)]);
        let url = format!("{}{path}", server.issuer);
        (browser.open(&url), browser)
    };
    let (page, mut owner) = browser("/account/security/factors/new");
    let app = App::scan(&page);
    let done = owner.submit(&page, &[("name", "Phone"), ("code", &app.code(0))]);
    assert_eq!(done.status, 200, "{}", done.text());
    let is_asked = || !browser("/account").0.text().contains("/account/sign-out");
    assert!(is_asked());

    let shown = lodge.run(&["user", "factors", username]).expect(0);
    assert!(shown.out.contains("Phone"), "{}", shown.out);
    let factors = lodge.json(&["user", "factors", username]);
    assert_eq!(factors["recovery_codes_left"], 10);
    assert!(!factors.to_string().contains("secret"), "{factors}");
    let id = text(&factors["items"][0], "id");
    lodge
        .run(&["user", "delete-factor", username, NOBODY])
        .expect(1);
    lodge
        .run(&["user", "delete-factor", username, id])
        .expect(0);
    assert!(!is_asked());
    lodge.run(&["user", "reset-factors", username]).expect(0);
    lodge.run(&["user", "reset-factors", "nobody"]).expect(1);
    lodge.run(&["user", "reset-factors"]).expect(2);
    let none = lodge.json(&["user", "factors", username]);
    assert_eq!(none["items"], json!([]));
}

#[test]
fn an_administrator_with_a_second_factor_signs_in_and_manages() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let asks = json!({"settings": {"require_second_factor": 1}});
    let _ = root.patch("/realms/system", &asks).expect_status(200);
    let admin = |name: &str| server.demo["admin"][name].as_str().unwrap();
    let (username, password) = (admin("username"), admin("password"));
    let lodge = Lodge::of(&server);

    // The first time the pages have an authenticator set up, and go on from there.
    let (child, url) = lodge.begin(&[]);
    let mut browser = Browser::new();
    let page = browser.open(&url);
    let page = browser.submit(&page, &[("username", username), ("password", password)]);
    let app = App::scan(&page);
    let codes = browser.submit(&page, &[("name", "Phone"), ("code", &app.code(0))]);
    let on = codes.text();
    let (_, on) = on.split_once("class=\"primary no-print\" href=\"").unwrap();
    let on = on.split_once('"').unwrap().0.replace("&#38;", "&");
    let consent = browser.open(&format!("{}{on}", server.admin_url));
    let back = browser.submit(&consent, &[("decision", "allow")]);
    assert_eq!(browser.open(&back.location()).status, 200);
    Said::of(child).expect(0);
    lodge.run(&["user", "list"]).expect(0);
    lodge.run(&["logout"]).expect(0);
    lodge.run(&["user", "list"]).expect(3);

    // From then on it asks for a code, and a password alone leads nowhere.
    let (mut child, url) = lodge.begin(&[]);
    let mut browser = Browser::new();
    let page = browser.open(&url);
    let step = browser.submit(&page, &[("username", username), ("password", password)]);
    assert!(step.text().contains("one-time-code"), "{}", step.text());
    let wrong = browser.submit(&step, &[("code", &app.wrong_code())]);
    assert_eq!(wrong.status, 401);
    assert!(child.try_wait().unwrap().is_none(), "it still waits");
    let mut page = browser.submit(&wrong, &[("code", &app.code(1))]);
    if page.status != 303 {
        page = browser.submit(&page, &[("decision", "allow")]);
    }
    assert_eq!(browser.open(&page.location()).status, 200);
    Said::of(child).expect(0);

    let line = ["user", "create", "--username", "made-with-two-factors"];
    lodge.run(&line).expect(0);
    let made = lodge.json(&["user", "get", "made-with-two-factors"]);
    let token = lodge.run(&["token"]).expect(0).out;
    let claims = gatelodge_testkit::Jwt::parse(token.trim()).claims;
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]), "{claims}");
    let created = lodge.json(&["audit", "list", "--action", "user.created", "--limit", "1"]);
    assert_eq!(created[0]["target"]["id"], made["id"]);
    // And it is renewed without asking again.
    lodge.age();
    lodge
        .run(&["user", "delete", "made-with-two-factors"])
        .expect(0);
}

#[test]
fn lists_of_every_kind_go_past_one_page() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let administrator = Administrator::of(&server);
    let many = 203;
    for number in 0..many {
        let role = json!({"name": format!("role-{number:03}")});
        let _ = administrator
            .post("/realms/default/roles", &role)
            .expect_status(201);
        let group = json!({"name": format!("group-{number:03}")});
        let _ = administrator
            .post("/realms/default/groups", &group)
            .expect_status(201);
        let client = json!({
            "client_id": format!("client-{number:03}"),
            "grant_types": ["client_credentials"],
        });
        let _ = administrator
            .post("/realms/default/clients", &client)
            .expect_status(201);
    }
    for (resource, field) in [("role", "name"), ("group", "name"), ("client", "client_id")] {
        let all = lodge.json(&[resource, "list"]);
        let prefix = format!("{resource}-");
        let names = items(&all).iter().map(|one| text(one, field));
        let mut ours: Vec<&str> = names.filter(|name| name.starts_with(&prefix)).collect();
        ours.sort_unstable();
        ours.dedup();
        assert_eq!(ours.len(), many, "{resource}");
        let lines = lodge.run(&[resource, "list", "-o", "ndjson"]).expect(0).out;
        assert_eq!(lines.lines().count(), items(&all).len(), "{resource}");
    }
    let events = lodge.json(&["audit", "list", "-r", "default", "--action", "role.changed"]);
    assert_eq!(items(&events).len(), many);
    // What was made by hundreds is written into files, and taken from there as it is.
    lodge
        .run(&["export", "-o", "all", "--kind", "role", "--kind", "group"])
        .expect(0);
    let said = lodge.run(&["diff", "-f", "all"]).expect(0);
    assert!(said.err.contains("No differences."), "{}", said.err);
}
