//! A realm described in files.

use gatelodge_testkit::{RelyingParty, Server, free_port};
use serde_json::{Value, json};

use super::{Lodge, Said};

const SECRET: &str = "only-the-variable-knows-this-0123456789";

const ACME: &str = "
kind: realm
name: acme
spec:
  name: Acme
  settings:
    access_token_lifetime: 600
---
kind: client
name: machine
spec:
  client_name: A machine
  grant_types: [client_credentials]
  secret_from: {env: MACHINE_SECRET}
---
kind: client
name: shop
spec:
  client_name: Shop
  token_endpoint_auth_method: none
  redirect_uris: [https://shop.example/callback]
---
kind: user
name: ada
spec:
  email: ada@example.com
  status: deactivated
  profile: {name: Ada Lovelace}
";

fn summary(said: &Said) -> &str {
    said.err.lines().last().unwrap_or_default()
}

#[test]
fn applying_makes_it_so_and_a_second_time_changes_nothing() {
    let server = Server::demo();
    let mut lodge = Lodge::signed_in(&server);
    lodge.write("acme/all.yaml", ACME);
    let apply = ["apply", "-f", "acme"];

    // Without the secret nothing at all is made.
    let said = lodge.run(&apply).expect(2);
    assert!(
        said.err.contains("MACHINE_SECRET is not set"),
        "{}",
        said.err
    );
    lodge.run(&["realm", "get", "acme"]).expect(1);
    // To see what would be done, nobody needs it.
    let said = lodge.run(&["apply", "-f", "acme", "--dry-run"]).expect(0);
    assert!(said.out.contains("+ client machine"), "{}", said.out);
    let said = lodge.run(&["diff", "-f", "acme"]).expect(1);
    assert!(
        said.out.contains("(from the variable MACHINE_SECRET)"),
        "{}",
        said.out
    );
    lodge.run(&["realm", "get", "acme"]).expect(1);

    lodge = lodge.with("MACHINE_SECRET", SECRET);
    let said = lodge.run(&apply).expect(0);
    assert_eq!(
        summary(&said),
        "Done: 4 created, 0 changed, 0 deleted, 0 as they were."
    );
    assert!(!said.all().contains(SECRET), "{said:?}");
    let ada = lodge.json(&["user", "get", "ada", "-r", "acme"]);
    assert_eq!(
        (&ada["status"], &ada["profile"]["name"]),
        (&json!("deactivated"), &json!("Ada Lovelace"))
    );
    let party = RelyingParty::new(
        &format!("{}/realms/acme", server.issuer),
        &json!({"client_id": "machine", "client_secret": SECRET, "redirect_uri": ""}),
        "",
    );
    let _ = party
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200);

    let before = lodge.json(&["audit", "list", "-r", "acme", "--action", "client.updated"]);
    let said = lodge.run(&apply).expect(0);
    assert_eq!(
        summary(&said),
        "Done: 0 created, 0 changed, 0 deleted, 4 as they were."
    );
    assert_eq!(said.out, "");
    lodge.run(&["diff", "-f", "acme"]).expect(0);
    let after = lodge.json(&["audit", "list", "-r", "acme", "--action", "client.updated"]);
    assert_eq!(
        before, after,
        "what is as it should be is not written again"
    );
}

#[test]
fn only_what_files_name_is_changed_and_only_prune_deletes() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server).with("MACHINE_SECRET", SECRET);
    lodge.write("acme.yaml", ACME);
    lodge.run(&["apply", "-f", "acme.yaml"]).expect(0);
    let line = ["client", "update", "shop", "-r", "acme"];
    lodge
        .run(
            &[
                &line[..],
                &[
                    "--client-name",
                    "Other",
                    "--policy-uri",
                    "https://shop.example/p",
                ],
            ]
            .concat(),
        )
        .expect(0);
    let line = [
        "client",
        "create",
        "-r",
        "acme",
        "--client-id",
        "stray",
        "--grant-type",
        "client_credentials",
    ];
    lodge.run(&line).expect(0);

    let said = lodge.run(&["diff", "-f", "acme.yaml"]).expect(1);
    assert_eq!(
        said.out,
        "~ client shop (realm acme)\n    client_name: Other → Shop\n"
    );
    let shown = lodge
        .run(&["diff", "-f", "acme.yaml", "-o", "json", "--prune"])
        .expect(1);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(
        shown[0]["fields"]["client_name"],
        json!({"from": "Other", "to": "Shop"})
    );
    let deleted: Vec<&Value> = shown
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["action"] == "delete")
        .collect();
    assert_eq!(deleted.len(), 1, "{shown}");
    assert_eq!(deleted[0]["name"], "stray");

    lodge.run(&["apply", "-f", "acme.yaml"]).expect(0);
    let shop = lodge.json(&["client", "get", "shop", "-r", "acme"]);
    assert_eq!(shop["client_name"], "Shop");
    assert_eq!(
        shop["policy_uri"], "https://shop.example/p",
        "no file speaks of it"
    );
    lodge
        .run(&["client", "get", "stray", "-r", "acme"])
        .expect(0);
    let said = lodge
        .run(&["apply", "-f", "acme.yaml", "--prune"])
        .expect(0);
    assert_eq!(
        summary(&said),
        "Done: 0 created, 0 changed, 1 deleted, 4 as they were."
    );
    lodge
        .run(&["client", "get", "stray", "-r", "acme"])
        .expect(1);
    let docs = lodge.run(&["client", "get", "gatelodge-docs"]).expect(0);
    assert!(docs.out.contains("built_in"), "{}", docs.out);
}

#[test]
fn what_was_exported_applies_here_without_a_change_and_elsewhere_as_it_was() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server).with("MACHINE_SECRET", SECRET);
    lodge.write("acme.yaml", ACME);
    lodge.run(&["apply", "-f", "acme.yaml"]).expect(0);
    let said = lodge
        .run(&["export", "-r", "acme", "--users", "-o", "out"])
        .expect(0);
    assert!(!said.all().contains("gl_cs_"), "{said:?}");
    for file in ["realm.yaml", "client.yaml", "user.yaml"] {
        let text = std::fs::read_to_string(lodge.home.path().join("out").join(file)).unwrap();
        assert!(text.starts_with("---\nkind: "), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
    lodge.run(&["diff", "-f", "out"]).expect(0);
    let whole = lodge
        .run(&["export", "-r", "acme", "--users"])
        .expect(0)
        .out;

    let other = Server::demo();
    let elsewhere = Lodge::signed_in(&other).with("MACHINE_SECRET", SECRET);
    let said = elsewhere.run_with(&["apply", "-f", "-"], &whole).expect(0);
    assert!(
        summary(&said).starts_with("Done: 4 created"),
        "{}",
        said.err
    );
    let again = elsewhere
        .run(&["export", "-r", "acme", "--users"])
        .expect(0)
        .out;
    assert_eq!(again, whole);
}

#[test]
fn diff_tells_differences_from_failures() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    lodge.write(
        "same.yaml",
        "kind: realm\nname: default\nspec: {status: active}\n",
    );
    lodge.write(
        "other.yaml",
        "kind: realm\nname: default\nspec: {name: Other}\n",
    );
    lodge.write(
        "wrong.yaml",
        "kind: realm\nname: default\nspec: {nmae: Other}\n",
    );
    for (file, status) in [("same.yaml", 0), ("other.yaml", 1), ("wrong.yaml", 2)] {
        lodge.run(&["diff", "-f", file]).expect(status);
    }
    let nobody = Lodge::of(&server);
    nobody.write("same.yaml", "kind: realm\nname: default\n");
    nobody.run(&["diff", "-f", "same.yaml"]).expect(3);
    let mut away = nobody.with("LODGE_TOKEN", "x");
    away.admin_url = format!("http://127.0.0.1:{}", free_port());
    away.run(&["diff", "-f", "same.yaml"]).expect(4);
}

#[test]
fn one_thing_that_fails_does_not_stop_the_others() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    lodge.write(
        "two.yaml",
        "kind: client\nname: bad\nspec: {redirect_uris: [nowhere]}\n---\n\
         kind: client\nname: good\nspec: {grant_types: [client_credentials]}\n",
    );
    let said = lodge.run(&["apply", "-f", "two.yaml"]).expect(1);
    assert!(
        said.err.contains("client bad: ") && said.err.contains("1 of 2 steps failed"),
        "{}",
        said.err
    );
    lodge.run(&["client", "get", "good"]).expect(0);
}

#[test]
fn a_realm_that_is_watched_is_mended() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    lodge.write(
        "r.yaml",
        "kind: realm\nname: default\nspec: {name: Watched}\n",
    );
    let line = ["apply", "-f", "r.yaml", "--watch", "--interval", "1"];
    let mut child = lodge.command(&line).spawn().unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(out);
    let mut until = |wanted: &str| loop {
        let line = lines.next().unwrap().unwrap();
        if line.contains(wanted) {
            break;
        }
    };
    until("→ Watched");
    lodge
        .run(&["realm", "update", "default", "--name", "Meddled"])
        .expect(0);
    until("Meddled → Watched");
    lodge.write(
        "r.yaml",
        "kind: realm\nname: default\nspec: {name: Again}\n",
    );
    until("Watched → Again");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// One of every kind, in the wrong order, with everything that names something else.
const EVERYTHING: &str = "
kind: user
name: ada
spec:
  email: ada@example.com
  attributes: {cost_centre: \"4711\"}
  groups: [staff]
  roles: [reader]
---
kind: client
name: robot
spec:
  grant_types: [client_credentials]
  roles: [editor]
---
kind: group
name: staff
spec:
  display_name: Staff
  roles: [editor]
---
kind: role
name: editor
spec:
  permissions: [orders:write]
  includes: [reader]
---
kind: role
name: reader
spec:
  permissions: [orders:read]
---
kind: scope
name: orders
spec:
  description: See your orders
  api: https://api.example
  requires: [orders:read]
---
kind: permission
name: orders:read
spec:
  description: See orders
  api: https://api.example
---
kind: api
name: https://api.example
spec:
  name: Orders
---
kind: realm
name: acme
spec:
  name: Acme
  user_schema:
    attributes:
      cost_centre: {type: string, max_length: 20}
";

#[test]
fn roles_groups_and_what_they_allow_are_described_too() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    lodge.write("acme.yaml", EVERYTHING);
    let said = lodge.run(&["apply", "-f", "acme.yaml"]).expect(0);
    assert!(
        summary(&said).starts_with("Done: 9 created"),
        "{}",
        said.all()
    );
    let said = lodge.run(&["apply", "-f", "acme.yaml"]).expect(0);
    assert_eq!(
        summary(&said),
        "Done: 0 created, 0 changed, 0 deleted, 9 as they were."
    );

    let acme = |line: &[&str]| lodge.json(&[line, &["-r", "acme"]].concat());
    let allowed = acme(&["user", "check-permission", "ada", "orders:write"]);
    assert_eq!(allowed["allowed"], true, "{allowed}");
    assert_eq!(allowed["because"][0]["group"], "staff");
    let api = acme(&["api", "get", "https://api.example"]);
    assert_eq!(acme(&["scope", "get", "orders"])["api"], api["id"]);
    let members = acme(&["group", "members", "staff"]);
    assert_eq!(members[0]["username"], "ada");

    // Away from the files and back again.
    for line in [
        &["role", "exclude", "editor", "reader"][..],
        &["group", "remove-member", "staff", "ada"],
        &["role", "create", "--name", "stray"],
        &["user", "assign-role", "ada", "stray"],
        &["scope", "update", "orders", "--unset", "api"],
        &[
            "user",
            "replace-schema",
            "--attributes",
            r#"{"other": {"type": "date"}}"#,
        ],
    ] {
        lodge.run(&[line, &["-r", "acme"]].concat()).expect(0);
    }
    let said = lodge.run(&["diff", "-f", "acme.yaml"]).expect(1);
    for line in [
        "    + includes: reader",
        "    + groups: staff",
        "    - roles: stray",
        "    api: nothing → https://api.example",
        "    user_schema.attributes.cost_centre.type: nothing → string",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    let said = lodge
        .run(&["apply", "-f", "acme.yaml", "--prune"])
        .expect(0);
    assert!(summary(&said).contains("1 deleted"), "{}", said.all());
    lodge.run(&["diff", "-f", "acme.yaml", "--prune"]).expect(0);

    // What is exported says the same, and applies elsewhere.
    lodge
        .run(&["export", "-r", "acme", "--users", "-o", "acme"])
        .expect(0);
    lodge.run(&["diff", "-f", "acme", "--prune"]).expect(0);
    let other = Server::demo();
    let elsewhere = Lodge::signed_in(&other).with("ROBOT_SECRET", SECRET);
    let whole = lodge
        .run(&["export", "-r", "acme", "--users"])
        .expect(0)
        .out;
    elsewhere.run_with(&["apply", "-f", "-"], &whole).expect(0);
    let again = elsewhere
        .run(&["export", "-r", "acme", "--users"])
        .expect(0)
        .out;
    assert_eq!(again, whole);
}
