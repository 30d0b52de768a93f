//! What a realm in files holds beside its nouns: secrets that change, the texts of its mails,
//! and when its keys do.

use gatelodge_testkit::{RelyingParty, Server};
use serde_json::{Value, json};

use super::{Lodge, Said};

const FIRST: &str = "the-first-secret-0123456789-abcdefghijkl";
const SECOND: &str = "the-second-secret-0123456789-abcdefghijkl";

const MACHINE: &str = "
kind: client
name: machine
spec:
  grant_types: [client_credentials]
  secret_from: {file: machine.secret}
";

fn summary(said: &Said) -> &str {
    said.err.lines().last().unwrap_or_default()
}

fn works(server: &Server, secret: &str) -> bool {
    let client = json!({"client_id": "machine", "client_secret": secret, "redirect_uri": ""});
    let party = RelyingParty::new(&server.issuer, &client, "");
    party.token(&[("grant_type", "client_credentials")]).status == 200
}

#[test]
fn a_secret_that_changed_is_noticed_and_put_in_the_place_of_the_old_one() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    lodge.write("machine.yaml", MACHINE);
    lodge.write("machine.secret", &format!("{FIRST}\n"));
    let apply = ["apply", "-f", "machine.yaml"];
    let diff = ["diff", "-f", "machine.yaml"];
    let mut said = vec![lodge.run(&apply).expect(0), lodge.run(&diff).expect(0)];
    assert!(works(&server, FIRST));

    lodge.write("machine.secret", SECOND);
    let shown = lodge.run(&diff).expect(1);
    assert_eq!(
        shown.out,
        "~ client machine (realm default)\n    \
         client_secret: another → (from the file machine.secret)\n"
    );
    let json = lodge.run(&[&diff[..], &["-o", "json"]].concat()).expect(1);
    let change: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(change[0]["fields"]["client_secret"]["from"], "another");
    assert!(works(&server, FIRST), "to look changes nothing");
    said.extend([shown, json]);

    // With an overlap both work, so that the machine can be told meanwhile.
    let overlap = [&apply[..], &["--secret-overlap", "3600"]].concat();
    let done = lodge.run(&overlap).expect(0);
    assert!(summary(&done).contains("1 changed"), "{}", done.all());
    assert!(works(&server, FIRST) && works(&server, SECOND));
    let again = lodge.run(&apply).expect(0);
    assert!(summary(&again).contains("1 as they were"), "{}", again.err);
    // Whoever still has the old one is told when it ends, and nothing is undone.
    lodge.write("machine.secret", FIRST);
    let old = lodge.run(&diff).expect(0);
    assert!(old.err.contains("stops working at"), "{}", old.err);
    said.extend([done, again, old]);

    // Without one the others end at once.
    let third = SECOND.replace("second", "third");
    lodge.write("machine.secret", &third);
    said.push(lodge.run(&apply).expect(0));
    assert!(works(&server, &third));
    assert!(!works(&server, FIRST) && !works(&server, SECOND));

    // What is no secret is refused with the way to one, and what is not here is not compared.
    lodge.write("machine.secret", "short");
    let short = lodge.run(&apply).expect(1);
    assert!(short.err.contains("openssl rand"), "{}", short.err);
    std::fs::remove_file(lodge.home.path().join("machine.secret")).unwrap();
    let missing = lodge.run(&apply).expect(0);
    assert!(
        missing.err.contains("machine.secret") && missing.err.contains("was not compared"),
        "{}",
        missing.err
    );
    assert!(works(&server, &third));
    said.extend([short, missing]);
    let trail = lodge.run(&["audit", "list", "-o", "json"]).expect(0);
    said.push(trail);
    for one in &said {
        for secret in [FIRST, SECOND, &third] {
            assert!(!one.all().contains(secret), "{one:?}");
        }
    }
    let kept = std::fs::read_to_string(lodge.profile()).unwrap();
    assert!(!kept.contains("-secret-0123456789"), "{kept}");
}

#[test]
fn a_public_client_becomes_one_that_keeps_a_secret() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server).with("MACHINE_SECRET", FIRST);
    let public = "kind: client\nname: machine\nspec:\n  token_endpoint_auth_method: none\n  \
                  redirect_uris: [https://a.example/cb]\n";
    lodge.write("c.yaml", public);
    lodge.run(&["apply", "-f", "c.yaml"]).expect(0);
    let confidential = "kind: client\nname: machine\nspec:\n  \
                        token_endpoint_auth_method: client_secret_basic\n  \
                        grant_types: [client_credentials]\n  response_types: []\n  \
                        secret_from: {env: MACHINE_SECRET}\n";
    lodge.write("c.yaml", confidential);
    let said = lodge.run(&["apply", "-f", "c.yaml"]).expect(0);
    assert!(!said.all().contains(FIRST), "{said:?}");
    assert!(works(&server, FIRST));
    lodge.run(&["diff", "-f", "c.yaml"]).expect(0);
}

const TEXTS: &str = "
kind: mail-template
name: password_reset/en
spec:
  subject: A way back into {{realm}}
  text: |
    Hello {{name}},

    {{link}}
---
kind: mail-template
name: password_reset/fr
spec:
  subject: Un nouveau mot de passe
  text: 'Bonjour, {{link}}'
  button: Choisir
";

#[test]
fn the_texts_of_mails_are_described_too() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    lodge.write("mail.yaml", TEXTS);
    let said = lodge.run(&["diff", "-f", "mail.yaml"]).expect(1);
    assert!(
        said.out.contains("+ mail-template password_reset/en"),
        "{}",
        said.out
    );
    let said = lodge.run(&["apply", "-f", "mail.yaml"]).expect(0);
    assert!(
        summary(&said).starts_with("Done: 2 created"),
        "{}",
        said.all()
    );
    lodge.run(&["diff", "-f", "mail.yaml"]).expect(0);
    let line = ["mail-template", "get", "password_reset", "en"];
    let there = lodge.json(&line);
    assert_eq!(there["origin"], "realm");
    assert_eq!(there["text"], "Hello {{name}},\n\n{{link}}\n");
    let shown = lodge.run(&line).expect(0);
    assert!(!shown.out.contains("\\n"), "{}", shown.out);

    // What is named is changed, what is not named stays.
    let other = TEXTS
        .replace("Choisir", "Choisissez")
        .replace("  text: 'Bonjour, {{link}}'\n", "");
    lodge.write("mail.yaml", &other);
    let said = lodge.run(&["apply", "-f", "mail.yaml"]).expect(0);
    assert!(
        said.out.contains("button: Choisir → Choisissez"),
        "{}",
        said.out
    );
    let there = lodge.json(&["mail-template", "get", "password_reset", "fr"]);
    assert_eq!(
        (&there["button"], &there["text"]),
        (&json!("Choisissez"), &json!("Bonjour, {{link}}"))
    );

    // A text without its link is refused, and so is a mail that nobody sends.
    lodge.write(
        "bad.yaml",
        "kind: mail-template\nname: password_reset/en\nspec: {subject: S, text: T}\n",
    );
    let said = lodge.run(&["apply", "-f", "bad.yaml"]).expect(1);
    assert!(said.err.contains("link"), "{}", said.err);
    lodge.write(
        "bad.yaml",
        "kind: mail-template\nname: postcard/en\nspec: {subject: S, text: T}\n",
    );
    lodge.run(&["apply", "-f", "bad.yaml"]).expect(1);
    lodge.write(
        "bad.yaml",
        "kind: mail-template\nname: password_reset\nspec: {subject: S}\n",
    );
    let said = lodge.run(&["apply", "-f", "bad.yaml"]).expect(2);
    assert!(said.err.contains("name/language"), "{}", said.err);

    // Written out it says the same, and pruned away the built-in texts are back.
    let whole = lodge
        .run(&["export", "--kind", "mail-template"])
        .expect(0)
        .out;
    assert_eq!(whole.matches("kind: mail-template").count(), 2, "{whole}");
    lodge.write("all.yaml", &whole);
    lodge.run(&["diff", "-f", "all.yaml"]).expect(0);
    let elsewhere = Server::demo();
    let other = Lodge::signed_in(&elsewhere);
    other.run_with(&["apply", "-f", "-"], &whole).expect(0);
    let again = other
        .run(&["export", "--kind", "mail-template"])
        .expect(0)
        .out;
    assert_eq!(again, whole);
    lodge.write("none.yaml", "kind: realm\nname: default\n");
    let said = lodge
        .run(&["apply", "-f", "none.yaml", "--prune", "--yes"])
        .expect(0);
    assert!(
        said.out.contains("- mail-template password_reset/fr"),
        "{}",
        said.out
    );
    assert_eq!(lodge.json(&line)["origin"], "built_in");
}

#[test]
fn a_realm_says_when_its_keys_change_and_what_passwords_it_takes() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let moment = "2126-01-31T12:00:00Z";
    let text = format!(
        "kind: realm\nname: default\nspec:\n  settings: {{key_rotation_interval: 2592000, password_min_length: 12}}\n  \
         key_schedule: {{ES256: {moment}}}\n"
    );
    lodge.write("realm.yaml", &text);
    // A realm has a next key a moment after its first one.
    let next = || {
        let keys = lodge.json(&["key", "list"]);
        let mut keys = keys.as_array().unwrap().clone();
        keys.retain(|key| key["alg"] == "ES256" && key["state"] == "next");
        keys.pop()
    };
    let is_there = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        next().is_some()
    });
    assert!(is_there, "no next key");
    let said = lodge.run(&["diff", "-f", "realm.yaml"]).expect(1);
    let line = format!("    key_schedule.ES256: nothing → {moment}");
    assert!(said.out.contains(&line), "{}", said.out);
    lodge.run(&["apply", "-f", "realm.yaml"]).expect(0);
    assert_eq!(next().unwrap()["activates_at"], "2126-01-31T12:00:00.000Z");
    lodge.run(&["diff", "-f", "realm.yaml"]).expect(0);

    let written = lodge.run(&["export", "--kind", "realm"]).expect(0).out;
    assert!(written.contains(moment), "{written}");
    assert!(
        written.contains("key_rotation_interval: 2592000"),
        "{written}"
    );
    assert!(written.contains("password_min_length: 12"), "{written}");
    assert!(!written.to_lowercase().contains("private"), "{written}");
    lodge.write("written.yaml", &written);
    lodge.run(&["diff", "-f", "written.yaml"]).expect(0);

    lodge.write("realm.yaml", &text.replace(moment, "null"));
    lodge.run(&["apply", "-f", "realm.yaml"]).expect(0);
    assert_eq!(next().unwrap()["activates_at"], Value::Null);
    lodge.write("realm.yaml", &text.replace(moment, "soon"));
    let said = lodge.run(&["apply", "-f", "realm.yaml"]).expect(2);
    assert!(said.err.contains("2026-01-31T12:00:00Z"), "{}", said.err);
}

const LOGO: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8z\"/></svg>";

#[test]
fn how_a_realm_looks_is_described_with_its_logo_beside_it() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let look = "kind: realm\nname: default\nspec:\n  theme:\n    name: Harbour\n    \
                corners: round\n    links: {privacy: 'https://harbour.example/privacy'}\n    \
                texts: {en: {sign_in_title: Welcome aboard}}\n    logo_file: logo.svg\n";
    lodge.write("look/realm.yaml", look);
    let missing = lodge.run(&["apply", "-f", "look"]).expect(2);
    assert!(missing.err.contains("logo.svg"), "{}", missing.err);
    lodge.write("look/logo.svg", LOGO);
    let said = lodge.run(&["diff", "-f", "look"]).expect(1);
    assert!(
        said.out.contains("    theme.name: nothing → Harbour"),
        "{}",
        said.out
    );
    lodge.run(&["apply", "-f", "look"]).expect(0);
    lodge.run(&["diff", "-f", "look"]).expect(0);
    let there = lodge.json(&["theme", "get"]);
    assert_eq!(
        (&there["name"], &there["origin"]),
        (&json!("Harbour"), &json!("realm"))
    );
    assert_eq!(there["logo"]["media_type"], "image/svg+xml");
    let page = gatelodge_testkit::Http::default().get(&format!("{}/login", server.issuer), &[]);
    assert!(page.text().contains("Harbour"), "{}", page.text());

    // By hand too.
    lodge
        .run(&["theme", "logo", "--out", "there.svg"])
        .expect(0);
    let logo = std::fs::read_to_string(lodge.home.path().join("there.svg")).unwrap();
    assert_eq!(logo, LOGO);
    lodge.write("other.svg", &LOGO.replace("h8v8", "h7v7"));
    lodge.run(&["theme", "write-logo", "other.svg"]).expect(0);
    lodge.run(&["diff", "-f", "look"]).expect(1);
    lodge.run(&["theme", "write-logo", "there.svg"]).expect(0);
    lodge.run(&["diff", "-f", "look"]).expect(0);
    lodge.run(&["theme", "write-logo", "missing.svg"]).expect(2);

    // Another logo is noticed by its bytes, and what the file leaves out is built in again.
    lodge.write("look/logo.svg", &LOGO.replace("h8v8", "h6v6"));
    lodge.write("look/realm.yaml", &look.replace("    corners: round\n", ""));
    let said = lodge.run(&["diff", "-f", "look"]).expect(1);
    for line in [
        "    theme.corners: round → nothing",
        "    theme.logo_file: another image/svg+xml → ",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    lodge.run(&["apply", "-f", "look"]).expect(0);

    // Written out, with its logo, it applies elsewhere.
    lodge
        .run(&["export", "--kind", "realm", "-o", "out"])
        .expect(0);
    lodge.run(&["diff", "-f", "out"]).expect(0);
    let logo = lodge.home.path().join("out/default.logo.svg");
    assert!(std::fs::read_to_string(&logo).unwrap().contains("h6v6"));
    let to_screen = lodge.run(&["export", "--kind", "realm"]).expect(0);
    assert!(to_screen.err.contains("--output"), "{}", to_screen.err);
    let other = Server::demo();
    let elsewhere = Lodge::signed_in(&other);
    let realm = std::fs::read_to_string(lodge.home.path().join("out/realm.yaml")).unwrap();
    elsewhere.write("in/realm.yaml", &realm);
    elsewhere.write(
        "in/default.logo.svg",
        &std::fs::read_to_string(logo).unwrap(),
    );
    elsewhere.run(&["apply", "-f", "in"]).expect(0);
    assert_eq!(
        elsewhere.json(&["theme", "get"])["logo"]["sha256"],
        lodge.json(&["theme", "get"])["logo"]["sha256"]
    );

    lodge.write(
        "look/realm.yaml",
        "kind: realm\nname: default\nspec: {theme: {logo_file: null}}\n",
    );
    lodge.run(&["apply", "-f", "look"]).expect(0);
    let plain = lodge.json(&["theme", "get"]);
    assert_eq!(
        (&plain["name"], &plain["logo"]),
        (&Value::Null, &Value::Null)
    );
    lodge.write(
        "look/realm.yaml",
        "kind: realm\nname: default\nspec: {theme: {logo: {}}}\n",
    );
    let said = lodge.run(&["apply", "-f", "look"]).expect(2);
    assert!(said.err.contains("logo_file"), "{}", said.err);
}
