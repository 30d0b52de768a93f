//! Clients, what was given to them, and the keys that sign it, as an administrator handles them.

#![expect(
    clippy::disallowed_methods,
    reason = "a story waits for what happens by the clock, and not for ever"
)]

use std::process::Command;

use gatelodge_testkit::client::Answer;
use gatelodge_testkit::{Administrator, Browser, Http, Jwt, RelyingParty, Server};
use serde_json::{Value, json};

use crate::story::{code, confidential_client, person, public_client, shared};

const CLIENTS: &str = "/realms/default/clients";
const REVOCATIONS: &str = "/realms/default/revocations";
const SUPPLIED: &str = "c3VwcGxpZWQgYnkgYW4gb3BlcmF0b3Igb2YgaXQ=";

/// A client that acts for itself, with the identifier and the secret that its owner chose.
fn machine(administrator: &Administrator, client_id: &str, further: &Value) -> Answer {
    let mut body = json!({
        "client_id": client_id,
        "client_secret": SUPPLIED,
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    for (name, value) in further.as_object().unwrap() {
        body[name] = value.clone();
    }
    administrator.post(CLIENTS, &body)
}

fn works(server: &Server, client_id: &str, secret: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", secret),
    ];
    let url = format!("{}/oauth2/token", server.issuer);
    Http::default().post_form(&url, &[], &form)
}

fn active(server: &Server, token: &str) -> bool {
    let party = confidential_client(server, "");
    let answer = party.authenticated_post("/oauth2/introspect", &[("token", token)]);
    answer.expect_status(200).json()["active"] == true
}

fn signed_in(server: &Server) -> (RelyingParty, Value) {
    let party = public_client(server, "openid");
    let code = code(server, &party);
    let tokens = party.redeem(&code).expect_status(200).json();
    (party, tokens)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[test]
fn a_rotation_of_a_secret_overlaps_and_then_only_the_new_one_works() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let made = machine(&administrator, "nightly", &json!({})).expect_status(201);
    assert!(made.json()["client_secret"].is_null(), "not told again");
    let _ = works(&server, "nightly", SUPPLIED).expect_status(200);
    let secrets = format!("{CLIENTS}/nightly/secrets");
    // Late enough that the machine may stand still for some seconds before it is used.
    let soon = in_seconds(10);
    let new = administrator
        .post(&secrets, &json!({"expire_others_at": soon}))
        .expect_status(201)
        .field("client_secret");
    let _ = works(&server, "nightly", &new).expect_status(200);
    let _ = works(&server, "nightly", SUPPLIED).expect_status(200);
    let listed = administrator.get(&secrets).expect_status(200);
    let items = listed.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 2);
    assert!(!items[0]["expires_at"].is_null() && items[1]["expires_at"].is_null());
    for secret in [&new, SUPPLIED] {
        assert!(!listed.text().contains(secret));
    }
    let began = std::time::Instant::now();
    while works(&server, "nightly", SUPPLIED).status == 200 {
        assert!(began.elapsed().as_secs() < 60, "the old secret never ends");
    }
    works(&server, "nightly", SUPPLIED).expect_error(401, "invalid_client");
    let _ = works(&server, "nightly", &new).expect_status(200);
    let id = text(&items[1], "id");
    let _ = administrator
        .delete(&format!("{secrets}/{id}"))
        .expect_status(204);
    works(&server, "nightly", &new).expect_error(401, "invalid_client");
}

#[test]
fn a_registration_is_kept_and_told_and_a_promise_that_would_not_hold_is_refused() {
    let server = &shared();
    let administrator = Administrator::of(server);
    let kept = json!({
        "software_statement": "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
        "request_uris": ["https://app.example.com/request.jwt"],
        "backchannel_logout_uri": "https://app.example.com/logout",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_session_required": false,
        "access_token_format": "opaque",
        "settings": {"access_token_lifetime": 120, "sessions_per_client": 3},
    });
    let made = machine(&administrator, "kept-and-told", &kept).expect_status(201);
    let path = format!("{CLIENTS}/kept-and-told");
    for answer in [
        made.json(),
        administrator.get(&path).expect_status(200).json(),
    ] {
        for (name, value) in kept.as_object().unwrap() {
            assert_eq!(&answer[name], value, "{name}");
        }
    }
    let token = works(server, "kept-and-told", SUPPLIED).expect_status(200);
    assert_eq!(token.json()["expires_in"], 120);
    assert!(!token.field("access_token").contains('.'), "not a JWT");
    for (name, value) in [
        ("id_token_encrypted_response_alg", json!("RSA-OAEP")),
        ("userinfo_encrypted_response_enc", json!("A128GCM")),
        ("request_object_encryption_alg", json!("RSA-OAEP")),
        ("software_statement", json!("not a JWT")),
        ("subject_type", json!("pairwise")),
    ] {
        let refused = administrator
            .patch(&path, &json!({name: value}))
            .expect_status(422);
        assert_eq!(refused.field("field"), name);
    }
    let _ = administrator.delete(&path).expect_status(204);
}

#[test]
fn clients_are_found_by_name_origin_grant_type_and_state() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let named = |name: &str| json!({"client_name": name});
    let _ = machine(&administrator, "b-one", &named("Billing One")).expect_status(201);
    let _ = machine(&administrator, "b-two", &named("billing two")).expect_status(201);
    let found = |query: &str| -> Vec<String> {
        let answer = administrator.get(&format!("{CLIENTS}?{query}"));
        let answer = answer.expect_status(200).json();
        let items = answer["items"].as_array().unwrap();
        items
            .iter()
            .map(|it| text(it, "client_id").to_owned())
            .collect()
    };
    assert_eq!(found("name=BILLING"), ["b-one", "b-two"]);
    let off = administrator.patch(&format!("{CLIENTS}/b-two"), &json!({"enabled": false}));
    let _ = off.expect_status(200);
    assert_eq!(found("name=billing&enabled=true"), ["b-one"]);
    assert_eq!(found("client_id=b-&enabled=false"), ["b-two"]);
    assert_eq!(found("origin=built_in"), ["gatelodge-docs"]);
    assert_eq!(found("name=b&grant_type=refresh_token"), [""; 0]);
    assert_eq!(
        found("name=b&grant_type=client_credentials"),
        ["b-one", "b-two"]
    );
    for (query, field) in [
        ("origin=nobody", "origin"),
        ("grant_type=magic", "grant_type"),
    ] {
        let refused = administrator.get(&format!("{CLIENTS}?{query}"));
        assert_eq!(refused.expect_status(422).field("field"), field);
    }
    works(&server, "b-two", SUPPLIED).expect_error(401, "invalid_client");
    let told = administrator
        .get("/realms/default/audit?action=client.disabled")
        .expect_status(200);
    assert_eq!(told.json()["items"].as_array().unwrap().len(), 1);
}

#[test]
fn whatever_is_named_is_revoked_at_once_and_nothing_else() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let revoke = |body: &Value| administrator.post(REVOCATIONS, body);
    let (username, _) = person(&server);
    let users = administrator.get(&format!("/realms/default/users?username={username}"));
    let users = users.expect_status(200).json();
    let user = text(&users["items"][0], "id").to_owned();
    for name in ["jti", "grant", "session", "user", "client", "realm"] {
        let (party, tokens) = signed_in(&server);
        let access = text(&tokens, "access_token");
        let claims = Jwt::parse(access);
        let machine = confidential_client(&server, "")
            .token(&[("grant_type", "client_credentials")])
            .expect_status(200)
            .field("access_token");
        let what = match name {
            "jti" => json!(claims.claim("jti")),
            "grant" => json!(claims.claim("gid")),
            "session" => json!(claims.claim("sid")),
            "user" => json!(user),
            "client" => json!(party.client_id),
            _ => json!(true),
        };
        assert!(active(&server, access), "{name}");
        let _ = revoke(&json!({name: what})).expect_status(200);
        assert!(!active(&server, access), "{name}");
        assert_eq!(party.userinfo(access).status, 401, "{name}");
        let refreshed = party.refresh(text(&tokens, "refresh_token")).status;
        // A single token dies alone.
        assert_eq!(refreshed == 200, name == "jti", "{name}");
        assert_eq!(active(&server, &machine), name != "realm", "{name}");
    }
    for body in [
        json!({}),
        json!({"realm": false}),
        json!({"jti": "nonsense"}),
        json!({"user": user, "realm": true}),
    ] {
        let _ = revoke(&body).expect_status(422);
    }
    let absent = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for body in [json!({"grant": absent}), json!({"client": "nobody"})] {
        let _ = revoke(&body).expect_status(404);
    }
}

#[test]
fn all_of_a_client_ends_and_the_browser_stays_signed_in() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let (username, password) = person(&server);
    let mut browser = Browser::new();
    let public = public_client(&server, "openid");
    let confidential = confidential_client(&server, "openid");
    let ours = public.redeem(&public.code(&mut browser, username, password));
    let ours = ours.expect_status(200).json();
    let others = confidential.redeem(&confidential.code(&mut browser, username, password));
    let others = others.expect_status(200).json();
    let path = format!("{CLIENTS}/{}/sessions", public.client_id);
    let _ = administrator.delete(&path).expect_status(204);
    assert!(!active(&server, text(&ours, "access_token")));
    public
        .refresh(text(&ours, "refresh_token"))
        .expect_error(400, "invalid_grant");
    assert!(active(&server, text(&others, "access_token")));
    let again = public.redeem(&public.code(&mut browser, username, password));
    assert!(active(
        &server,
        &again.expect_status(200).field("access_token")
    ));
    let live = administrator
        .get("/realms/default/sessions?live=true")
        .expect_status(200);
    assert_eq!(live.json()["items"].as_array().unwrap().len(), 1);
    let nobody = format!("{CLIENTS}/nobody/sessions");
    let _ = administrator.delete(&nobody).expect_status(404);
}

#[test]
fn many_sign_ins_at_once_stay_within_the_limit() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let limit = json!({"settings": {"sessions_per_user": 3}});
    let _ = administrator
        .patch("/realms/default", &limit)
        .expect_status(200);
    let (username, password) = person(&server);
    let account = format!("{}/account", server.issuer);
    let browsers: Vec<Browser> = std::thread::scope(|scope| {
        let one = || {
            let mut browser = Browser::new();
            let page = browser.open(&format!("{}/login", server.issuer));
            // Where this leads may be the sign-in page again: another came right after it.
            browser.submit(&page, &[("username", username), ("password", password)]);
            browser
        };
        let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let live = administrator
        .get("/realms/default/sessions?live=true")
        .expect_status(200);
    assert_eq!(live.json()["items"].as_array().unwrap().len(), 3);
    let is_in = |mut browser: Browser| browser.open(&account).text().contains("/account/sign-out");
    assert_eq!(browsers.into_iter().map(is_in).filter(|it| *it).count(), 3);
}

/// A new private key, made by OpenSSL's own program.
fn key(arguments: &[&str]) -> String {
    let made = Command::new("openssl")
        .arg("genpkey")
        .args(arguments)
        .output()
        .unwrap();
    assert!(made.status.success());
    String::from_utf8(made.stdout).unwrap()
}

#[test]
fn a_key_from_elsewhere_is_published_before_it_signs_and_never_shown() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let keys = "/realms/default/keys";
    let pem = key(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let made = administrator
        .post(keys, &json!({"alg": "ES256", "private_key": pem}))
        .expect_status(201);
    assert_eq!(made.json()["state"], "next");
    let (id, kid) = (made.field("id"), made.field("kid"));
    let path = format!("{keys}/{id}");
    let shown = administrator.get(&path).expect_status(200);
    assert_eq!(shown.json()["kid"], kid.as_str());
    let secret = pem.lines().nth(1).unwrap();
    assert!(!shown.text().contains(secret) && !made.text().contains(secret));
    let url = format!("{}/oauth2/jwks", server.issuer);
    let jwks = Http::default().get(&url, &[]).expect_status(200).text();
    assert!(jwks.contains(&kid), "announced");
    assert!(!jwks.contains("\"d\""));
    let early = administrator.patch(&path, &json!({"state": "active"}));
    assert_eq!(
        early.expect_status(409).field("type"),
        "urn:gatelodge:problem:conflict"
    );
    let at = "2126-01-31T12:00:00.000Z";
    let waits = administrator
        .patch(&path, &json!({"activates_at": at}))
        .expect_status(200);
    assert_eq!(waits.json()["activates_at"], at);
    let twice = administrator.post(keys, &json!({"alg": "ES256", "private_key": pem}));
    let _ = twice.expect_status(409);
    let weak = key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
    for (alg, pem) in [("RS256", weak.as_str()), ("EdDSA", &pem), ("ES256", "x")] {
        let refused = administrator
            .post(keys, &json!({"alg": alg, "private_key": pem}))
            .expect_status(422);
        assert_eq!(refused.field("field"), "private_key");
    }
    let gone = administrator
        .patch(&path, &json!({"state": "removed"}))
        .expect_status(200);
    assert_eq!(gone.json()["removal_reason"], "expired");
}

#[test]
fn one_compromised_key_takes_its_tokens_along_and_signing_goes_on() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let keys = "/realms/default/keys";
    let token = || {
        confidential_client(&server, "")
            .token(&[("grant_type", "client_credentials")])
            .expect_status(200)
            .field("access_token")
    };
    let old = token();
    let rotation = json!({"alg": "ES256", "at_once": true});
    let _ = administrator
        .post(&format!("{keys}/rotations"), &rotation)
        .expect_status(200);
    let new = token();
    let kid = Jwt::parse(&new).header["kid"].clone();
    let listed = administrator.get(keys).expect_status(200).json();
    let items = listed["items"].as_array().unwrap().clone();
    let key = items.iter().find(|it| it["kid"] == kid).unwrap();
    assert_eq!(key["state"], "active");
    assert!(!key["rotates_at"].is_null());
    let path = format!("{keys}/{}", text(key, "id"));
    let body = json!({"state": "removed", "removal_reason": "compromised"});
    let stale = administrator.patch_at(&path, "\"77\"", &body);
    let _ = stale.expect_status(412);
    let _ = administrator.patch(&path, &body).expect_status(200);
    assert!(!active(&server, &new));
    assert!(active(&server, &old));
    assert!(active(&server, &token()));
}

#[test]
fn the_keys_of_administrators_are_those_of_system_and_change_alone() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let kid = |token: &str| Jwt::parse(token).header["kid"].clone();
    let kids = |issuer: &str| -> Vec<Value> {
        let url = format!("{issuer}/oauth2/jwks");
        let keys = Http::default().get(&url, &[]).json()["keys"].clone();
        let keys = keys.as_array().unwrap().iter();
        keys.map(|key| key["kid"].clone()).collect()
    };
    let elsewhere = kids(&server.issuer);
    let old = kid(&administrator.token);
    let listed = administrator.get("/realms/system/keys").expect_status(200);
    assert!(listed.text().contains(old.as_str().unwrap()));
    let rotate = |further: &str| {
        let body = json!({"alg": "ES256", further: true});
        administrator.post("/realms/system/keys/rotations", &body)
    };
    let _ = rotate("at_once").expect_status(200);
    let _ = administrator.get("/realms").expect_status(200);
    let next = Administrator::of(&server);
    assert_ne!(kid(&next.token), old);
    // What both keys signed is void, and whoever signs in again goes on.
    let dropped = rotate("compromised").expect_status(200).json();
    assert!(dropped["dropped"].as_u64() >= Some(2), "{dropped}");
    assert_eq!(administrator.get("/realms").status, 401);
    assert_eq!(next.get("/realms").status, 401);
    let _ = Administrator::of(&server).get("/realms").expect_status(200);
    assert!(!kids(&server.admin_url).contains(&old));
    // Those of people's realms stand, however many were made beside them meanwhile.
    let now = kids(&server.issuer);
    assert!(elsewhere.iter().all(|kid| now.contains(kid)));
}

#[test]
fn keys_are_handled_on_the_machine_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo();
    let data = server.data_dir().display().to_string();
    let run = |arguments: &[&str]| {
        let answer = Server::run(&[&["keys"], arguments].concat());
        let said = String::from_utf8_lossy(&answer.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&answer.stderr).into_owned();
        (answer.status.code().unwrap(), said, wrong)
    };
    let file = folder.path().join("key.pem");
    let pem = key(&["-algorithm", "ED25519"]);
    std::fs::write(&file, &pem).unwrap();
    let file = file.to_str().unwrap();
    let import = [
        "import",
        "--data-dir",
        &data,
        "--algorithm",
        "EdDSA",
        "--file",
        file,
    ];
    let (status, said, wrong) = run(&import);
    assert_eq!(status, 0, "{wrong}");
    let kid = said.split(' ').next().unwrap().to_owned();
    let url = format!("{}/oauth2/jwks", server.issuer);
    let began = std::time::Instant::now();
    while !Http::default().get(&url, &[]).text().contains(&kid) {
        assert!(began.elapsed().as_secs() < 60, "the server does not follow");
    }
    let (status, _, wrong) = run(&["activate", "--data-dir", &data, &kid]);
    assert_eq!(status, 1);
    assert!(wrong.contains("can sign in"), "{wrong}");
    let (status, said, _) = run(&["compromise", "--data-dir", &data, &kid]);
    assert_eq!(status, 0);
    assert!(said.contains("is gone"), "{said}");
    let (status, _, _) = run(&["retire", "--data-dir", &data, "no-such-kid"]);
    assert_eq!(status, 2);

    let (status, first, _) = run(&["generate-master-key"]);
    let (_, second, _) = run(&["generate-master-key"]);
    assert_eq!(status, 0);
    assert!(
        first.starts_with("gl_mk_") && first.len() == 50,
        "{}",
        first.len()
    );
    assert_ne!(first, second);
}

/// That many seconds from now, as the API takes it.
fn in_seconds(seconds: u64) -> String {
    let now = Command::new("date")
        .args([
            "-u",
            "-d",
            &format!("+{seconds} seconds"),
            "+%Y-%m-%dT%H:%M:%SZ",
        ])
        .output()
        .unwrap();
    String::from_utf8(now.stdout).unwrap().trim().to_owned()
}
