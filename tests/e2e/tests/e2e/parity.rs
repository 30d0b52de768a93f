//! What an earlier product in this field did wrong and no other story comes across
//! (docs/parity.md has the whole table).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::relying_party::{parameter, redirect_parameters};
use gatelodge_testkit::{
    Administrator, Browser, Http, Jwt, RelyingParty, Server, binary, free_port,
};
use serde_json::{Value, json};

use crate::factors::App;
use crate::story::{code, confidential_client, person, public_client, shared};

#[test]
fn what_a_link_says_is_never_markup_on_a_page() {
    let server = &shared();
    let bad = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cb%20x=%22";
    for page in [
        "login",
        "login/factor",
        "login/enrolment",
        "consent",
        "error",
        "account",
    ] {
        for name in [
            "request",
            "next",
            "method",
            "jti",
            "error",
            "error_description",
            "done",
        ] {
            let url = format!("{}/{page}?{name}={bad}", server.issuer);
            let answer = Http::default().get(&url, &[]);
            assert!(answer.status < 500, "{url}: {}", answer.status);
            let text = answer.text();
            assert!(!text.contains("<script>alert"), "{url}: {text}");
            assert!(!text.contains("<b x="), "{url}: {text}");
            if answer.status != 303 {
                let csp = answer.header("content-security-policy").unwrap();
                assert!(csp.contains("default-src 'none'"), "{url}: {csp}");
                assert!(!csp.contains("unsafe-inline"), "{url}: {csp}");
            }
        }
    }
}

#[test]
fn a_request_may_leave_nonce_and_scope_out_and_may_bring_a_nonce_again() {
    let server = &shared();
    let party = public_client(server, "openid");
    let (username, password) = person(server);
    let mut browser = Browser::new();
    let mut asked = |further: &[(&str, &str)]| {
        let answered = party.sign_in(&mut browser, username, password, further);
        let code = parameter(&answered, "code").unwrap_or_else(|| panic!("{answered:?}"));
        party.redeem(code).expect_status(200)
    };
    for further in [
        &[][..],
        &[("nonce", "")],
        &[("scope", ""), ("nonce", "")],
        &[("scope", "")],
    ] {
        // A nonce is the client's to compare: that it comes twice is no error of ours.
        for _ in 0..2 {
            let tokens = asked(further).json();
            let wants_id = !further.iter().any(|(name, _)| *name == "scope");
            assert_eq!(tokens["id_token"].is_string(), wants_id, "{further:?}");
        }
    }
}

#[test]
fn whoevers_session_is_over_signs_in_again_and_gets_where_they_were_going() {
    let server = Server::demo();
    let party = public_client(&server, "openid");
    let (username, password) = person(&server);
    let mut browser = Browser::new();
    let _ = party.code(&mut browser, username, password);
    let administrator = Administrator::of(&server);
    let live = administrator.get("/realms/default/sessions?live=true");
    for session in live.expect_status(200).json()["items"].as_array().unwrap() {
        let id = session["id"].as_str().unwrap();
        let _ = administrator
            .delete(&format!("/realms/default/sessions/{id}"))
            .expect_status(204);
    }
    let page = browser.open(&party.authorize_url(&[]));
    assert!(page.text().contains("current-password"), "{}", page.text());
    let mut page = browser.submit(&page, &[("username", username), ("password", password)]);
    if page.status != 303 {
        page = browser.submit(&page, &[("decision", "allow")]);
    }
    let parameters = redirect_parameters(&page);
    let code = parameter(&parameters, "code").unwrap();
    let _ = party.redeem(code).expect_status(200);
}

/// A process that ends with its story.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_sign_in_lasts_as_long_in_every_time_zone() {
    for zone in ["Pacific/Kiritimati", "Etc/GMT+12"] {
        let folder = tempfile::TempDir::new().unwrap();
        let data = folder.path().join("data");
        let (auth, admin) = (free_port(), free_port());
        let server = Command::new(binary("gatelodge"))
            .args(["serve", "--demo", "--data-dir", data.to_str().unwrap()])
            .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
            .args(["--admin-listen", &format!("127.0.0.1:{admin}")])
            .env("TZ", zone)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let _running = Running(server.unwrap());
        let issuer = format!("http://127.0.0.1:{auth}");
        let is_ready = (0..1_200).any(|_| {
            sleep(Duration::from_millis(50));
            let asked = Http::default().try_send("GET", &format!("{issuer}/readyz"), &[], b"");
            asked.is_ok_and(|answer| answer.status == 200)
        });
        assert!(is_ready, "{zone}");
        let demo = std::fs::read(data.join("demo.json")).unwrap();
        let demo: Value = serde_json::from_slice(&demo).unwrap();
        let party = RelyingParty::new(&issuer, &demo["public_client"], "openid offline_access");
        let text = |name: &str| demo["user"][name].as_str().unwrap();
        let mut browser = Browser::new();
        let code = party.code(&mut browser, text("username"), text("password"));
        let tokens = party.redeem(&code).expect_status(200);
        let claims = Jwt::parse(&tokens.field("access_token")).claims;
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(life, 900, "{zone}");
        let _ = party
            .refresh(&tokens.field("refresh_token"))
            .expect_status(200);
        let account = browser.open(&format!("{issuer}/account"));
        assert!(account.text().contains("/account/sign-out"), "{zone}");
    }
}

#[test]
fn an_authenticator_that_is_begun_anew_is_the_one_that_counts() {
    let server = Server::demo();
    let (username, password) = person(&server);
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/login", server.issuer));
    let _ = browser.submit(&page, &[("username", username), ("password", password)]);
    let url = format!("{}/account/security/factors/new", server.issuer);
    let first = App::scan(&browser.open(&url));
    let page = browser.open(&url);
    let second = App::scan(&page);
    assert_ne!(
        first.code(0),
        second.code(0),
        "each page has a secret of its own"
    );
    let wrong = browser.submit(&page, &[("name", "Phone"), ("code", &first.code(0))]);
    assert_eq!(wrong.status, 401, "the first one was never finished");
    let done = browser.submit(&wrong, &[("name", "Phone"), ("code", &second.code(0))]);
    assert_eq!(done.status, 200, "{}", done.text());

    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/login", server.issuer));
    let step = browser.submit(&page, &[("username", username), ("password", password)]);
    let step = browser.submit(&step, &[("code", &first.code(1))]);
    assert_eq!(step.status, 401);
    let home = browser.submit(&step, &[("code", &second.code(1))]);
    assert!(home.text().contains("/account/sign-out"), "{}", home.text());
}

#[test]
fn a_client_made_anew_or_disabled_knows_nothing_of_its_old_secret() {
    let server = &shared();
    let administrator = Administrator::of(server);
    let body = json!({"client_id": "made-anew", "grant_types": ["client_credentials"]});
    let path = "/realms/default/clients/made-anew";
    let made = || {
        let made = administrator.post("/realms/default/clients", &body);
        made.expect_status(201).field("client_secret")
    };
    let works = |secret: &str| {
        let client = json!({
            "client_id": "made-anew", "client_secret": secret, "redirect_uri": "",
        });
        let party = RelyingParty::new(&server.issuer, &client, "");
        party.token(&[("grant_type", "client_credentials")]).status == 200
    };
    let old = made();
    assert!(works(&old));
    let _ = administrator.delete(path).expect_status(204);
    assert!(!works(&old));
    let new = made();
    assert!(works(&new) && !works(&old));
    for (enabled, answer) in [(false, false), (true, true)] {
        let _ = administrator
            .patch(path, &json!({"enabled": enabled}))
            .expect_status(200);
        assert_eq!(works(&new), answer, "at once");
    }
    let _ = administrator.delete(path).expect_status(204);
}

#[test]
fn userinfo_and_id_token_tell_what_was_asked_for_in_the_types_of_the_standard() {
    let server = &shared();
    for (scope, tells) in [("openid", false), ("openid profile email", true)] {
        let party = public_client(server, scope);
        let tokens = party.redeem(&code(server, &party)).expect_status(200);
        let token = tokens.field("access_token");
        let by_get = party.userinfo(&token).expect_status(200).json();
        let bearer = format!("Bearer {token}");
        let url = format!("{}/oauth2/userinfo", server.issuer);
        let headers = [("authorization", bearer.as_str())];
        let by_post = Http::default().post_form(&url, &headers, &[]);
        assert_eq!(by_post.expect_status(200).json(), by_get);
        assert!(by_get["sub"].is_string(), "{by_get}");
        assert_eq!(by_get["email"].is_string(), tells, "{by_get}");
        assert_eq!(by_get["email_verified"].is_boolean(), tells, "{by_get}");
        assert_eq!(by_get["preferred_username"].is_string(), tells, "{by_get}");

        let id = Jwt::parse(&tokens.field("id_token")).claims;
        for number in ["exp", "iat", "auth_time"] {
            assert!(id[number].is_i64(), "{number}: {id}");
        }
        assert_eq!(id["amr"], json!(["pwd"]));
        for text in ["at_hash", "sid", "nonce", "acr"] {
            assert!(id[text].is_string(), "{text}: {id}");
        }
    }
}

#[test]
fn a_forged_token_revokes_nothing_of_its_victims() {
    let server = &shared();
    let party = public_client(server, "openid");
    let token = party.redeem(&code(server, &party)).expect_status(200);
    let token = token.field("access_token");
    let machine = confidential_client(server, "");
    let mut unsigned = Jwt::parse(&token);
    unsigned.signature = "AAAA".to_owned();
    let mut foreign = Jwt::parse(&token);
    foreign.claims["client_id"] = machine.client_id.clone().into();
    for forged in [unsigned.text(), foreign.text(), "rubbish".to_owned()] {
        // RFC 7009 §2.2: an invalid token gets the same 200.
        let answer = machine.authenticated_post("/oauth2/revoke", &[("token", &forged)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let _ = party.userinfo(&token).expect_status(200);
    }
}

#[test]
fn an_address_is_one_and_belongs_to_one_person() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let users = "/realms/default/users";
    let with = |name: &str, email: &str| {
        administrator.post(users, &json!({"username": name, "email": email}))
    };
    for nonsense in ["nonsense", "a@b@c", "ada @example.org", "@example.org"] {
        let refused = with("grace", nonsense).expect_status(422);
        assert_eq!(refused.field("field"), "email", "{nonsense}");
    }
    let _ = with("grace", "Grace@Example.org").expect_status(201);
    let _ = with("second", "grace@example.org").expect_status(409);
    let other = with("second", "second@example.org").expect_status(201);
    let taken = json!({"email": "GRACE@example.org"});
    let path = format!("{users}/{}", other.field("id"));
    let _ = administrator.patch(&path, &taken).expect_status(409);
}

#[test]
fn what_people_and_administrators_do_is_in_the_trail() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let (username, password) = person(&server);
    let party = confidential_client(&server, "openid");
    for guess in ["not the password", password] {
        let _ = party.token(&[
            ("grant_type", "password"),
            ("username", username),
            ("password", guess),
        ]);
    }
    let body = json!({"client_id": "trailed", "grant_types": ["client_credentials"]});
    let clients = "/realms/default/clients";
    let _ = administrator.post(clients, &body).expect_status(201);
    let change = json!({"client_name": "Trailed"});
    let _ = administrator
        .patch(&format!("{clients}/trailed"), &change)
        .expect_status(200);
    let _ = administrator
        .post(&format!("{clients}/trailed/secrets"), &json!({}))
        .expect_status(201);
    let trail = administrator.get("/realms/default/audit?limit=200");
    let trail = trail.expect_status(200).json();
    let seen: Vec<(&str, &str)> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap();
            (text("action"), text("outcome"))
        })
        .collect();
    for wanted in [
        ("sign_in", "denied"),
        ("sign_in", "success"),
        ("client.created", "success"),
        ("client.updated", "success"),
        ("client.secret_created", "success"),
    ] {
        assert!(seen.contains(&wanted), "{wanted:?}: {seen:?}");
    }
}

#[test]
fn the_log_is_lines_for_people_or_for_machines() {
    for (format, for_machines) in [("text", false), ("json", true)] {
        let folder = tempfile::TempDir::new().unwrap();
        let data = folder.path().join("data");
        let any = "127.0.0.1:0";
        let mut child = Command::new(binary("gatelodge"))
            .args(["serve", "--data-dir", data.to_str().unwrap()])
            .args(["--auth-listen", any, "--admin-listen", any])
            .env("GATELODGE__LOG__FORMAT", format)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = Vec::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            told.push(line.unwrap());
            if told.last().unwrap().contains("serving") {
                break;
            }
        }
        let _running = Running(child);
        assert!(!told.is_empty(), "{format}");
        for line in told {
            let read = serde_json::from_str::<Value>(&line);
            let is_record = read.is_ok_and(|record| record["level"].is_string());
            assert_eq!(is_record, for_machines, "{format}: {line}");
        }
    }
}
