//! Resources and verbs: what they do, how they print it, and how they fail.

use gatelodge_testkit::{Administrator, Server, free_port};
use serde_json::{Value, json};

use super::Lodge;

#[test]
fn a_user_is_made_found_by_name_changed_and_deleted() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    lodge.write("password", "a long enough password\n");
    let line = [
        "user",
        "create",
        "--username",
        "grace",
        "--email",
        "grace@example.org",
    ];
    let more = [
        "--password-file",
        "password",
        "--profile.nickname",
        "amazing",
    ];
    let said = lodge.run(&[&line[..], &more].concat()).expect(0);
    assert!(!said.all().contains("long enough"), "{said:?}");
    let made = lodge.json(&["user", "get", "grace"]);
    assert_eq!(made["profile"]["nickname"], "amazing");
    assert_eq!(lodge.json(&["user", "get", "grace@example.org"]), made);
    assert_eq!(
        lodge.json(&["user", "get", made["id"].as_str().unwrap()]),
        made
    );

    let line = [
        "user",
        "update",
        "grace",
        "--email-verified",
        "--unset",
        "profile.nickname",
    ];
    let changed = lodge.json(&line);
    assert_eq!(changed["email_verified"], true);
    assert_eq!(changed["profile"], json!({}));
    lodge.write("user.yaml", "profile:\n  name: Grace Hopper\n");
    let changed = lodge.json(&["user", "update", "grace", "-f", "user.yaml"]);
    assert_eq!(changed["profile"]["name"], "Grace Hopper");
    let line = ["user", "update", "grace", "-f", "-"];
    let said = lodge
        .run_with(&line, r#"{"profile": {"name": "Grace"}}"#)
        .expect(0);
    assert!(said.out.contains("Grace"), "{}", said.out);

    assert_eq!(
        lodge.json(&["user", "deactivate", "grace"])["status"],
        "deactivated"
    );
    assert_eq!(
        lodge.json(&["user", "reactivate", "grace"])["status"],
        "active"
    );
    lodge
        .run_with(
            &["user", "set-password", "grace", "--password-file", "-"],
            "another long one",
        )
        .expect(0);
    let said = lodge.run(&["user", "delete", "grace"]).expect(0);
    assert_eq!(said.out, "");
    let gone = lodge.run(&["user", "get", "grace"]).expect(1);
    assert!(
        gone.err.contains("there is no user `grace`"),
        "{}",
        gone.err
    );
}

#[test]
fn a_client_is_made_with_a_secret_of_ones_own_or_one_that_is_shown_once() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server).with("OWN_SECRET", &"s3cret-".repeat(6));
    let line = [
        "client",
        "create",
        "--grant-type",
        "client_credentials",
        "--client-id",
    ];
    let said = lodge
        .run(&[&line[..], &["a", "--client-name", "A"]].concat())
        .expect(0);
    assert_eq!(said.out.matches("gl_cs_").count(), 1, "{}", said.out);
    assert!(!said.err.contains("gl_cs_"), "{}", said.err);
    let own = ["b", "--client-secret-env", "OWN_SECRET"];
    let said = lodge.run(&[&line[..], &own].concat()).expect(0);
    assert!(!said.all().contains("s3cret"), "{said:?}");
    let get = lodge.run(&["client", "get", "a"]).expect(0);
    assert!(!get.out.contains("gl_cs_"), "{}", get.out);

    let line = [
        "client",
        "update",
        "a",
        "--add",
        "redirect_uris=https://a.example/cb",
    ];
    let further = ["--set", r#"grant_types=["authorization_code"]"#];
    let changed = lodge.json(&[&line[..], &further].concat());
    assert_eq!(changed["redirect_uris"], json!(["https://a.example/cb"]));
    let line = [
        "client",
        "update",
        "a",
        "--add",
        "redirect_uris=https://b.example/cb",
    ];
    assert_eq!(
        lodge.json(&line)["redirect_uris"].as_array().unwrap().len(),
        2
    );
    let line = [
        "client",
        "update",
        "a",
        "--remove",
        "redirect_uris=https://a.example/cb",
    ];
    assert_eq!(
        lodge.json(&line)["redirect_uris"],
        json!(["https://b.example/cb"])
    );

    let added = lodge.json(&["client", "add-secret", "a"]);
    let id = added["id"].as_str().unwrap();
    lodge.run(&["client", "remove-secret", "a", id]).expect(0);
    assert_eq!(lodge.json(&["client", "disable", "a"])["enabled"], false);
}

#[test]
fn a_list_shows_every_page_in_every_format() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let administrator = Administrator::of(&server);
    for number in 0..205 {
        let user = json!({"username": format!("crowd-{number:03}")});
        let _ = administrator
            .post("/realms/default/users", &user)
            .expect_status(201);
    }
    let filter = ["user", "list", "--username-prefix", "crowd-"];
    assert_eq!(lodge.json(&filter).as_array().unwrap().len(), 205);
    let list = |more: &[&str]| lodge.run(&[&filter[..], more].concat()).expect(0).out;
    let lines = list(&["-o", "ndjson"]);
    assert_eq!(lines.lines().count(), 205);
    for line in lines.lines() {
        let item: Value = serde_json::from_str(line).unwrap();
        assert!(item["username"].as_str().unwrap().starts_with("crowd-"));
    }
    assert_eq!(
        list(&["-o", "ndjson", "--limit", "202"]).lines().count(),
        202
    );
    assert_eq!(
        list(&["-o", "yaml"]).matches("username: crowd-").count(),
        205
    );
    let table = list(&["--limit", "3"]);
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    let chosen = list(&["--limit", "1", "--columns", "username,status"]);
    assert_eq!(chosen, "USERNAME   STATUS\ncrowd-000  active\n");
    let sorted = [
        "--sort",
        "-username",
        "--limit",
        "1",
        "--columns",
        "username",
    ];
    assert_eq!(list(&sorted), "USERNAME\ncrowd-204\n");
}

#[test]
fn scripts_see_from_the_exit_status_what_went_wrong() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    for usage in [
        &["frob"][..],
        &["user"],
        &["user", "frob"],
        &["user", "get"],
        &["user", "list", "--sise", "1"],
        &["user", "list", "--limit", "0"],
        &["user", "list", "--status", "happy"],
        &["user", "list", "--columns", "username,nmae"],
        &["user", "list", "-o", "xml"],
        &["user", "create"],
        &["user", "create", "-f", "missing.yaml"],
        &["user", "update", "ada"],
        &["key", "rotate", "--alg", "ROT13"],
        &["apply", "-f", "missing"],
        &["export", "-o", "json"],
        &["user", "list", "--profile", "a/b"],
    ] {
        let said = lodge.run(usage);
        assert_eq!(said.status, 2, "{usage:?}: {said:?}");
        assert_eq!(said.out, "", "{usage:?}");
    }
    for refused in [
        &["user", "get", "nobody"][..],
        &["user", "list", "-r", "nowhere"],
        &["user", "create", "--username", "ada"],
        &["client", "get", "../users"],
        &["request", "GET", "/nothing"],
    ] {
        let said = lodge.run(refused);
        assert_eq!(
            (said.status, said.out.as_str()),
            (1, ""),
            "{refused:?}: {said:?}"
        );
        assert!(said.err.starts_with("lodge: "), "{said:?}");
    }
    let away = format!("http://127.0.0.1:{}", free_port());
    let token = lodge.run(&["token"]).expect(0).out;
    let mut nobody_there = Lodge::of(&server).with("LODGE_TOKEN", token.trim());
    nobody_there.admin_url = away;
    let said = nobody_there.run(&["user", "list"]).expect(1);
    assert!(said.err.contains("cannot be reached"), "{}", said.err);
    lodge.run(&["--help"]).expect(0);
    lodge.run(&["user", "create", "--help"]).expect(0);
    lodge.run(&["--version"]).expect(0);
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    // The revision is read first, so a change is refused only when it comes in between; a
    // request with a revision of before shows that the server is asked.
    let user = lodge.json(&["user", "get", "ada"]);
    let path = format!("/realms/default/users/{}", user["id"].as_str().unwrap());
    lodge
        .run(&["user", "update", "ada", "--profile.nickname", "a"])
        .expect(0);
    lodge.write("patch.json", r#"{"profile": {"nickname": "late"}}"#);
    let stale = [
        "request",
        "PATCH",
        &path,
        "-f",
        "patch.json",
        "-H",
        "If-Match: \"1\"",
    ];
    let said = lodge.run(&stale).expect(1);
    assert!(said.err.contains("(412)"), "{}", said.err);
    let forced = [
        "user",
        "update",
        "ada",
        "--profile.nickname",
        "forced",
        "--force",
    ];
    assert_eq!(lodge.json(&forced)["profile"]["nickname"], "forced");
}

#[test]
fn realms_keys_sessions_and_the_trail_are_at_hand() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let line = ["realm", "create", "--slug", "acme", "--name", "Acme"];
    let made = lodge.json(&[&line[..], &["--settings.access-token-lifetime", "600"]].concat());
    assert_eq!(made["settings"]["access_token_lifetime"], 600);
    let line = [
        "realm",
        "update",
        "acme",
        "--unset",
        "settings.access_token_lifetime",
    ];
    assert_eq!(lodge.json(&line)["settings"], json!({}));
    lodge
        .run(&["user", "create", "-r", "acme", "--username", "ada"])
        .expect(0);
    assert_eq!(
        lodge
            .json(&["user", "list", "-r", "acme"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let acme = lodge.json(&["audit", "list", "-r", "acme", "--action", "user.created"]);
    assert_eq!(acme.as_array().unwrap().len(), 1);
    let everywhere = lodge.json(&["audit", "list", "--limit", "5"]);
    assert_eq!(everywhere.as_array().unwrap().len(), 5);
    assert_eq!(lodge.json(&["audit", "verify"])["whole"], true);
    let keys = lodge.json(&["key", "list", "-r", "acme"]);
    lodge
        .run(&["key", "rotate", "-r", "acme", "--alg", "ES256"])
        .expect(0);
    assert_ne!(lodge.json(&["key", "list", "-r", "acme"]), keys);

    let sessions = lodge.json(&["session", "list", "-r", "system", "--user", "admin"]);
    assert!(!sessions.as_array().unwrap().is_empty());
    let roles = lodge.json(&["user", "roles", "admin", "-r", "system"]);
    assert_eq!(roles[0]["name"], "administrator");
    let last = lodge.run(&[
        "user",
        "unassign-role",
        "admin",
        "administrator",
        "-r",
        "system",
    ]);
    last.expect(1);
    lodge.run(&["realm", "delete", "acme"]).expect(0);
}

#[test]
fn a_watch_shows_what_is_new() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let line = ["user", "list", "-o", "ndjson", "--watch", "--interval", "1"];
    let mut child = lodge.command(&line).spawn().unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(out);
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("\"ada\""), "{first}");
    lodge
        .run(&["user", "create", "--username", "newcomer"])
        .expect(0);
    let next = lines.next().unwrap().unwrap();
    assert!(next.contains("\"newcomer\""), "{next}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn shells_and_manuals_are_served() {
    let server = Server::demo();
    let lodge = Lodge::of(&server);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = lodge.run(&["completions", shell]).expect(0).out;
        assert!(script.contains("set-password"), "{shell}");
    }
    lodge.run(&["man", "pages"]).expect(0);
    let page = lodge.home.path().join("pages/lodge-user-create.1");
    let text = std::fs::read_to_string(page).unwrap();
    assert!(
        text.contains("password") && text.starts_with(".ie"),
        "{text}"
    );
}

#[test]
fn users_move_from_one_realm_to_another_as_lines() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    for name in ["grace", "alan"] {
        lodge.run(&["user", "create", "--username", name]).expect(0);
    }
    lodge
        .run(&["realm", "create", "--slug", "acme", "--name", "Acme"])
        .expect(0);
    let said = lodge
        .run(&["user", "export", "--out", "users.ndjson"])
        .expect(0);
    assert!(
        said.err.contains("bytes are in users.ndjson"),
        "{}",
        said.err
    );
    lodge
        .run(&["user", "export", "--out", "users.ndjson"])
        .expect(1);
    assert_eq!(
        lodge.run(&["user", "export"]).expect(0).out.lines().count(),
        3
    );

    let import = ["user", "import", "users.ndjson", "-r", "acme"];
    let dry = lodge.run(&[&import[..], &["--dry-run"]].concat()).expect(0);
    assert!(dry.out.contains("created"), "{}", dry.out);
    let there = || {
        lodge
            .json(&["user", "list", "-r", "acme"])
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(there(), 0);
    let report = lodge.json(&import);
    assert_eq!(report["summary"]["created"], 3, "{report}");
    assert_eq!(there(), 3);
    let again = lodge.run(&import).expect(1);
    assert!(
        again.out.contains("line 3: ") && again.out.contains("refused"),
        "{}",
        again.out
    );
    let skipped = lodge
        .run(&[&import[..], &["--on-conflict", "skip"]].concat())
        .expect(0);
    assert!(skipped.out.contains("skipped"), "{}", skipped.out);
    lodge
        .run_with(
            &["user", "import", "-", "-r", "acme"],
            "{\"username\": \"new\"}",
        )
        .expect(0);
    assert_eq!(there(), 4);
    lodge.run(&["user", "import", "missing"]).expect(2);
}

#[test]
fn the_trail_is_followed_as_it_grows() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let line = ["audit", "tail", "-o", "ndjson", "--action", "user.created"];
    let mut child = lodge.command(&line).spawn().unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::BufRead::lines(out).map_while(Result::ok) {
            let _ = tell.send(serde_json::from_str::<Value>(&line).unwrap());
        }
    });
    // Nobody knows when it has begun to look; from then on it misses nothing.
    let patience = std::time::Duration::from_secs(1);
    let new_user =
        |name: String| lodge.json(&["user", "create", "--username", &name])["id"].clone();
    let mut made = Vec::new();
    let first = loop {
        made.push(new_user(format!("u-{}", made.len())));
        if let Ok(event) = told.recv_timeout(patience) {
            break event;
        }
        assert!(made.len() < 30, "it shows nothing");
    };
    assert_eq!(first["action"], "user.created");
    let begun = made
        .iter()
        .position(|id| *id == first["target"]["id"])
        .unwrap();
    made.push(new_user("u-last".to_owned()));
    for id in made.iter().skip(begun + 1) {
        let event = told.recv_timeout(30 * patience).unwrap();
        assert_eq!(&event["target"]["id"], id);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
