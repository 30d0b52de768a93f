//! Signing in and out, and tokens that stay fresh.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use gatelodge_testkit::{Administrator, Http, Server};
use serde_json::json;

use super::{Lodge, Said, walk};
use crate::tls::until;

#[test]
fn a_person_signs_in_through_the_browser_and_out_again() {
    let server = Server::demo();
    let lodge = Lodge::of(&server);
    let nobody = lodge.run(&["user", "list"]).expect(3);
    assert!(nobody.err.contains("lodge login"), "{}", nobody.err);
    lodge.run(&["status"]).expect(3);
    lodge.run(&["logout"]).expect(3);

    let said = lodge.sign_in(&server, &[]).expect(0);
    assert!(said.err.contains("as admin."), "{}", said.err);
    let mode = std::fs::metadata(lodge.profile())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let status = lodge.json(&["status"]);
    assert_eq!(status["username"], "admin");
    assert_eq!(status["admin_url"], server.admin_url);
    let profile = lodge.read_profile();
    let tokens = ["access_token", "refresh_token"].map(|name| profile[name].as_str().unwrap());
    for token in tokens {
        assert!(!status.to_string().contains(token));
        assert!(!said.all().contains(token));
    }
    let users = lodge.run(&["user", "list"]).expect(0);
    assert!(users.out.starts_with("USERNAME"), "{}", users.out);

    // Another program gets a token, and what it says is read without asking anybody.
    let token = lodge.run(&["token"]).expect(0).out;
    assert_eq!(token.trim(), profile["access_token"].as_str().unwrap());
    let inspected = lodge
        .run_with(&["token", "inspect", "-", "-o", "json"], &token)
        .expect(0);
    assert!(
        inspected.out.contains("gatelodge-admin"),
        "{}",
        inspected.out
    );

    lodge.run(&["logout"]).expect(0);
    assert!(!lodge.profile().exists());
    lodge.run(&["user", "list"]).expect(3);
    let stale = Lodge::of(&server).with("LODGE_TOKEN", token.trim());
    let refused = stale.run(&["user", "list"]).expect(3);
    assert!(
        refused.err.contains("does not accept the token"),
        "{}",
        refused.err
    );
}

#[test]
fn the_browser_that_a_person_chose_is_opened() {
    let server = Server::demo();
    let lodge = Lodge::of(&server);
    lodge.write(
        "browser",
        "#!/bin/sh\necho \"$1\" > opening && mv opening opened\n",
    );
    let program = lodge.home.path().join("browser");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let lodge = lodge
        .with("BROWSER", program.to_str().unwrap())
        .with("PATH", "/usr/bin:/bin");
    let child = lodge.command(&["login"]).spawn().unwrap();
    let opened = lodge.home.path().join("opened");
    let url = until(|| std::fs::read_to_string(&opened).ok());
    let admin = |name: &str| server.demo["admin"][name].as_str().unwrap();
    let last = walk(url.trim(), admin("username"), admin("password"), "allow");
    assert_eq!(Http::default().get(&last.location(), &[]).status, 200);
    let said = Said::of(child).expect(0);
    assert_eq!(said.out, "", "what people read is on standard error");
    assert!(said.err.contains("A browser opens"), "{}", said.err);
}

#[test]
fn a_sign_in_that_is_refused_or_forged_signs_nobody_in() {
    let server = Server::demo();
    let lodge = Lodge::of(&server);
    let admin = |name: &str| server.demo["admin"][name].as_str().unwrap();
    let (child, url) = lodge.begin(&[]);
    let back = walk(&url, admin("username"), admin("password"), "deny").location();

    // Whoever does not know the `state` gets nowhere, and disturbs nobody.
    let (address, _) = back.split_once('?').unwrap();
    let http = Http::default();
    for forged in ["", "?code=x", "?code=x&state=guessed"] {
        assert_eq!(http.get(&format!("{address}{forged}"), &[]).status, 404);
    }
    let page = http.get(&back, &[]).text();
    assert!(page.contains("not signed in"), "{page}");
    let said = Said::of(child).expect(3);
    assert!(said.err.contains("nobody was signed in"), "{}", said.err);
    assert!(!lodge.profile().exists());
    lodge
        .run(&["login", "--no-browser", "--timeout", "1"])
        .expect(1);
}

#[test]
fn tokens_are_renewed_by_one_lodge_at_a_time() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let before = lodge.read_profile();
    lodge.age();
    // Were two to spend the same refresh token, the server would end the whole family.
    let children: Vec<_> = (0..8)
        .map(|_| lodge.command(&["user", "list"]).spawn().unwrap())
        .collect();
    for child in children {
        Said::of(child).expect(0);
    }
    let after = lodge.read_profile();
    assert_ne!(before["refresh_token"], after["refresh_token"]);
    lodge.age();
    lodge.run(&["user", "list"]).expect(0);

    // A token that was revoked before its time is renewed too.
    let http = Http::default();
    let token = lodge.run(&["token"]).expect(0).out;
    let form = [("token", token.trim()), ("client_id", "lodge")];
    let revoked = http.post_form(&format!("{}/oauth2/revoke", server.admin_url), &[], &form);
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    lodge.run(&["user", "list"]).expect(0);
    assert_ne!(lodge.run(&["token"]).expect(0).out, token);
}

#[test]
fn a_session_that_an_administrator_ended_is_over_here_too() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let administrator = Administrator::of(&server);
    let sessions = lodge.json(&["session", "list", "-r", "system"]);
    for session in sessions.as_array().unwrap() {
        let id = session["id"].as_str().unwrap();
        let _ = administrator.delete(&format!("/realms/system/sessions/{id}"));
    }
    let said = lodge.run(&["user", "list"]).expect(3);
    assert!(said.err.contains("lodge login"), "{}", said.err);
}

#[test]
fn a_profile_that_others_can_read_is_refused() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let readable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(lodge.profile(), readable).unwrap();
    let said = lodge.run(&["user", "list"]).expect(1);
    assert!(said.err.contains("chmod 600"), "{}", said.err);
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(lodge.profile(), private).unwrap();
    lodge.run(&["user", "list"]).expect(0);
}

#[test]
fn a_token_goes_to_the_server_that_gave_it_and_nowhere_else() {
    let (server, other) = (Server::demo(), Server::demo());
    let lodge = Lodge::signed_in(&server);
    let said = lodge
        .run(&["user", "list", "--admin-url", &other.admin_url])
        .expect(2);
    assert!(said.err.contains("--profile"), "{}", said.err);
    // The auth port is no admin port, and another name for a server is another server.
    for wrong in [
        server.issuer.clone(),
        server.admin_url.replace("127.0.0.1", "localhost"),
    ] {
        let said = lodge.run(&[
            "login",
            "--profile",
            "x",
            "--admin-url",
            &wrong,
            "--no-browser",
            "--timeout",
            "1",
        ]);
        assert_eq!(said.status, 1, "{wrong}: {said:?}");
    }
    let plain = lodge
        .run(&[
            "login",
            "--profile",
            "x",
            "--admin-url",
            "http://id.example",
        ])
        .expect(2);
    assert!(plain.err.contains("--allow-insecure"), "{}", plain.err);
    lodge
        .run(&["user", "list", "--profile", "../default"])
        .expect(2);
}

fn login<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["login", "--client-id", "ci"], more].concat()
}

#[test]
fn a_machine_signs_in_with_its_secret() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let client = json!({
        "client_id": "ci", "client_name": "CI", "grant_types": ["client_credentials"],
        "scope": "admin", "audiences": ["gatelodge-admin"],
        "token_endpoint_auth_method": "client_secret_basic",
    });
    let made = administrator
        .post("/realms/system/clients", &client)
        .expect_status(201);
    let secret = made.field("client_secret");
    let lodge = Lodge::of(&server).with("CI_SECRET", &secret);
    lodge.write("ci.secret", &secret);
    lodge.run(&login(&[])).expect(2);
    lodge
        .run(&login(&["--client-secret-env", "OTHER"]))
        .expect(3);

    for how in [
        ["--client-secret-file", "ci.secret"],
        ["--client-secret-env", "CI_SECRET"],
    ] {
        lodge.run(&login(&how)).expect(0);
        assert!(
            !lodge.read_profile().to_string().contains(&secret),
            "{how:?}"
        );
        lodge.age();
        let status = lodge.json(&["status"]);
        assert_eq!(status["client_id"], "ci");
        assert_eq!(status["renewed_by"], "the client's secret");
    }
    let elsewhere = [
        "--client-secret-env",
        "CI_SECRET",
        "--profile",
        "elsewhere",
        "--admin-url",
        &server.issuer,
    ];
    let said = lodge.run(&login(&elsewhere)).expect(1);
    assert!(said.err.contains("has no admin API"), "{}", said.err);
    lodge
        .run_with(&login(&["--client-secret-file", "-"]), &secret)
        .expect(0);
    lodge.age();
    let said = lodge.run(&["status"]).expect(0);
    assert!(!said.all().contains(&secret));
    // It is known, and may do what its roles allow: nothing, so far.
    let refused = lodge.run(&["user", "list"]).expect(1);
    assert!(refused.err.contains("(403)"), "{}", refused.err);
    let role = "/realms/system/clients/ci/roles/administrator";
    let _ = administrator.put(role, &json!({})).expect_status(204);
    lodge.run(&["user", "list"]).expect(0);
    lodge.run(&["logout"]).expect(0);
    let wrong = "x".repeat(40);
    lodge
        .run_with(&login(&["--client-secret-file", "-"]), &wrong)
        .expect(3);
}

#[test]
fn output_that_nobody_reads_is_no_failure() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let mut child = lodge
        .command(&["audit", "list"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let said = Said::of(child).expect(0);
    assert_eq!(said.err, "");
}
