//! Every operation of the admin API, each as it is meant to be called, with a target that is
//! there and a body that is right: refused to whoever may not, and carried out by the very same
//! request for whoever may. Which operations there are, what each of them needs and what it
//! answers is told by the document that the server itself serves; one that is not called here
//! turns this red.

mod walk;

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelodge_testkit::{Administrator, Browser, RelyingParty, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::walk::{Sent, Walk};
use crate::factors::App;
use crate::permits::{PASSWORD, user};

/// Where everything happens.
const REALM: &str = "acme";
const NEW_PASSWORD: &str = "five unusual batteries stapled";
const REDIRECT_URI: &str = "http://127.0.0.1/callback";
/// One red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const IDENTIFIER: &str = "https://orders.example";

#[test]
fn what_is_refused_to_others_is_done_for_whoever_may_by_the_same_request() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("gatelodge.toml");
    let mails = folder.path().join("mails");
    let text = format!(
        "[mail]\ntransport = \"file\"\nfolder = {:?}\nfrom = \"no-reply@id.example\"\n",
        mails.to_str().unwrap()
    );
    std::fs::write(&config, text).unwrap();
    let server = Server::demo_with(&["--config", config.to_str().unwrap()]);
    let root = Administrator::of(&server);
    for slug in [REALM, "harbour"] {
        let realm = json!({"slug": slug, "name": slug});
        let _ = root.post("/realms", &realm).expect_status(201);
    }
    let desk = json!({"name": "desk"});
    let _ = root.post("/realms/acme/groups", &desk).expect_status(201);
    let hidden = user(&root, REALM, "somebody-else");
    let hidden = ["somebody-else".to_owned(), hidden];
    let mut walk = Walk::begin(&server, &root, REALM, &hidden);

    let ada = people(&mut walk);
    let machine = clients(&mut walk);
    rights(&mut walk, &ada, &machine);
    catalogue(&mut walk);
    signed_in(&mut walk, &server, &ada);
    second_factors(&mut walk, &server, &ada);
    failures(&mut walk, &server, &ada);
    letters(&mut walk, &ada);
    looks(&mut walk);
    keys(&mut walk);
    trail(&mut walk);
    realms(&mut walk, &ada, &machine);
    walk.expect_all();
}

/// People and what is known of them; the row id of one who stays.
fn people(walk: &mut Walk<'_>) -> String {
    let schema = json!({"attributes": {"badge": {"type": "string"}}});
    let _ = walk.call("replace_user_schema", &[], schema);
    let _ = walk.call("read_user_schema", &[], Sent::Nothing);
    let body = json!({
        "username": "ada", "email": "ada@example.org", "email_verified": true,
        "password": PASSWORD, "attributes": {"badge": "b7"},
    });
    let ada = walk.call("create_user", &[], body).field("id");
    let her = [("user", ada.as_str())];
    let _ = walk.call("list_users", &[], Sent::Nothing);
    let _ = walk.call("read_user", &her, Sent::Nothing);
    let nickname = json!({"profile": {"nickname": "Ada"}});
    let _ = walk.call("update_user", &her, nickname);
    let _ = walk.call("set_password", &her, json!({"password": NEW_PASSWORD}));
    let _ = walk.call("list_credentials", &her, Sent::Nothing);
    let lines = b"{\"username\": \"imported\"}\n".to_vec();
    let report = walk.call(
        "import_users",
        &[],
        Sent::Bytes("application/x-ndjson", lines),
    );
    assert!(report.text().contains("\"created\":1"), "{}", report.text());
    let all = walk.call("export_users", &[], Sent::Nothing);
    assert_eq!(all.text().lines().count(), 3, "{}", all.text());
    ada
}

/// Clients and their secrets; the `client_id` of one that acts for itself.
fn clients(walk: &mut Walk<'_>) -> String {
    let app = json!({
        "client_id": "acme-app", "application_type": "native", "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token", "password"],
        "token_endpoint_auth_method": "none",
    });
    let _ = walk.call("create_client", &[], app);
    let machine = json!({"client_id": "machine", "grant_types": ["client_credentials"]});
    let made = walk.call("create_client", &[], machine);
    assert!(made.json()["client_secret"].is_string());
    let it = [("client", "machine")];
    let _ = walk.call("list_clients", &[], Sent::Nothing);
    let _ = walk.call("read_client", &it, Sent::Nothing);
    let _ = walk.call("update_client", &it, json!({"client_name": "Nightly"}));
    let new = walk.call("create_secret", &it, json!({})).json();
    let _ = walk.call("list_secrets", &it, Sent::Nothing);
    let known = json!({"client_secret": new["client_secret"]});
    let checked = walk.call("check_secret", &it, known);
    assert_eq!(checked.json()["works"], true);
    let secret = new["id"].as_str().unwrap();
    let one = [("client", "machine"), ("secret", secret)];
    let _ = walk.call("delete_secret", &one, Sent::Nothing);
    "machine".to_owned()
}

/// Roles, groups, and what they give.
fn rights(walk: &mut Walk<'_>, ada: &str, machine: &str) {
    for name in ["clerk", "reader"] {
        let _ = walk.call("create_role", &[], json!({"name": name}));
    }
    let clerk = [("role", "clerk")];
    let _ = walk.call("list_roles", &[], Sent::Nothing);
    let _ = walk.call("read_role", &clerk, Sent::Nothing);
    let _ = walk.call("update_role", &clerk, json!({"display_name": "Clerk"}));
    let permission = [("role", "clerk"), ("permission", "orders:read")];
    let _ = walk.call("add_role_permission", &permission, Sent::Nothing);
    let included = [("role", "clerk"), ("included", "reader")];
    let _ = walk.call("include_role", &included, Sent::Nothing);

    let hers = [
        ("user", ada),
        ("role", "clerk"),
        ("permission", "orders:read"),
    ];
    let _ = walk.call("assign_role", &hers, Sent::Nothing);
    let _ = walk.call("list_user_roles", &hers, Sent::Nothing);
    let _ = walk.call("list_role_holders", &clerk, Sent::Nothing);
    let _ = walk.call("list_user_permissions", &hers, Sent::Nothing);
    let allowed = walk.call("check_user_permission", &hers, Sent::Nothing);
    assert_eq!(allowed.json()["allowed"], true);
    let _ = walk.call("unassign_role", &hers, Sent::Nothing);
    let its = [
        ("client", machine),
        ("role", "clerk"),
        ("permission", "orders:read"),
    ];
    let _ = walk.call("assign_client_role", &its, Sent::Nothing);
    let _ = walk.call("list_client_roles", &its, Sent::Nothing);
    let _ = walk.call("list_client_permissions", &its, Sent::Nothing);
    let _ = walk.call("check_client_permission", &its, Sent::Nothing);
    let _ = walk.call("unassign_client_role", &its, Sent::Nothing);

    let _ = walk.call("create_group", &[], json!({"name": "sales"}));
    let sales = [("group", "sales"), ("user", ada), ("role", "clerk")];
    let _ = walk.call("list_groups", &[], Sent::Nothing);
    let _ = walk.call("read_group", &sales, Sent::Nothing);
    let _ = walk.call("update_group", &sales, json!({"display_name": "Sales"}));
    let _ = walk.call("add_member", &sales, Sent::Nothing);
    let _ = walk.call("list_members", &sales, Sent::Nothing);
    let _ = walk.call("list_user_groups", &sales, Sent::Nothing);
    let _ = walk.call("assign_group_role", &sales, Sent::Nothing);
    let _ = walk.call("list_group_roles", &sales, Sent::Nothing);
    let _ = walk.call("unassign_group_role", &sales, Sent::Nothing);
    let _ = walk.call("remove_member", &sales, Sent::Nothing);
    let _ = walk.call("delete_group", &sales, Sent::Nothing);
    let _ = walk.call("exclude_role", &included, Sent::Nothing);
    let _ = walk.call("remove_role_permission", &permission, Sent::Nothing);
    let _ = walk.call("delete_role", &clerk, Sent::Nothing);
}

/// APIs, scopes and permissions.
fn catalogue(walk: &mut Walk<'_>) {
    let api = [("api", "https%3A%2F%2Forders.example")];
    let body = json!({"identifier": IDENTIFIER, "name": "Orders"});
    let _ = walk.call("create_api", &[], body);
    let _ = walk.call("list_apis", &[], Sent::Nothing);
    let _ = walk.call("read_api", &api, Sent::Nothing);
    let _ = walk.call("update_api", &api, json!({"listed": true}));
    let _ = walk.call("delete_api", &api, Sent::Nothing);
    let scope = [("scope", "orders")];
    let _ = walk.call("create_scope", &[], json!({"name": "orders"}));
    let _ = walk.call("list_scopes", &[], Sent::Nothing);
    let _ = walk.call("read_scope", &scope, Sent::Nothing);
    let _ = walk.call("update_scope", &scope, json!({"description": "Orders"}));
    let _ = walk.call("delete_scope", &scope, Sent::Nothing);
    let permission = [("permission", "orders:write")];
    let _ = walk.call("create_permission", &[], json!({"name": "orders:write"}));
    let _ = walk.call("list_permissions", &[], Sent::Nothing);
    let _ = walk.call("read_permission", &permission, Sent::Nothing);
    let described = json!({"description": "Change orders"});
    let _ = walk.call("update_permission", &permission, described);
    let _ = walk.call("delete_permission", &permission, Sent::Nothing);
}

fn app(server: &Server) -> RelyingParty {
    let issuer = format!("{}/realms/{REALM}", server.issuer);
    let client = json!({"client_id": "acme-app", "redirect_uri": REDIRECT_URI});
    RelyingParty::new(&issuer, &client, "openid")
}

/// Sessions, grants and consents.
fn signed_in(walk: &mut Walk<'_>, server: &Server, ada: &str) {
    let first = |answer: &Value| answer["items"][0]["id"].as_str().unwrap().to_owned();
    let app = app(server);
    let mut browser = Browser::new();
    let code = app.code(&mut browser, "ada", NEW_PASSWORD);
    let _ = app.redeem(&code).expect_status(200);
    let her = [("user", ada), ("client", "acme-app")];
    let sessions = walk.call("list_sessions", &[], Sent::Nothing).json();
    let session = first(&sessions);
    let one = [("session", session.as_str())];
    let _ = walk.call("read_session", &one, Sent::Nothing);
    let _ = walk.call("list_user_sessions", &her, Sent::Nothing);
    let _ = walk.call("list_consents", &her, Sent::Nothing);
    let _ = walk.call("withdraw_consent", &her, Sent::Nothing);
    let code = app.code(&mut browser, "ada", NEW_PASSWORD);
    let _ = app.redeem(&code).expect_status(200);
    let grants = walk.call("list_grants", &[], Sent::Nothing).json();
    let alive = grants["items"].as_array().unwrap();
    let alive = alive.iter().find(|it| it["ended_at"].is_null()).unwrap();
    let grant = [("grant", alive["id"].as_str().unwrap())];
    let _ = walk.call("read_grant", &grant, Sent::Nothing);
    let _ = walk.call("end_grant", &grant, Sent::Nothing);
    let _ = walk.call("end_session", &one, Sent::Nothing);
    let _ = walk.call("end_user_sessions", &her, Sent::Nothing);
    let _ = walk.call("end_client_sessions", &her, Sent::Nothing);
    let _ = walk.call("create_revocation", &[], json!({"user": ada}));
}

fn second_factors(walk: &mut Walk<'_>, server: &Server, ada: &str) {
    let issuer = format!("{}/realms/{REALM}", server.issuer);
    let mut browser = Browser::new();
    let page = browser.open(&format!("{issuer}/login"));
    let typed = [("username", "ada"), ("password", NEW_PASSWORD)];
    let _ = browser.submit(&page, &typed);
    let page = browser.open(&format!("{issuer}/account/security/factors/new"));
    let code = App::scan(&page).code(0);
    let done = browser.submit(&page, &[("name", "Phone"), ("code", &code)]);
    assert_eq!(done.status, 200, "{}", done.text());
    let her = [("user", ada)];
    let listed = walk.call("list_factors", &her, Sent::Nothing).json();
    let factor = listed["items"][0]["id"].as_str().unwrap();
    let one = [("user", ada), ("factor", factor)];
    let _ = walk.call("delete_factor", &one, Sent::Nothing);
    let _ = walk.call("reset_factors", &her, Sent::Nothing);
}

fn failures(walk: &mut Walk<'_>, server: &Server, ada: &str) {
    let guess = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", "a guess"),
    ];
    app(server).token(&guess).expect_error(400, "invalid_grant");
    let her = [("user", ada)];
    let theirs = walk.call("read_user_throttle", &her, Sent::Nothing);
    assert_eq!(theirs.json()["items"][0]["failures"], 1);
    let all = walk.call("list_throttles", &[], Sent::Nothing).json();
    let throttle = all["items"][0]["id"].as_str().unwrap();
    let one = [("throttle", throttle)];
    let _ = walk.call("lift_throttle", &one, Sent::Nothing);
    let _ = walk.call("lift_user_throttle", &her, Sent::Nothing);
}

fn letters(walk: &mut Walk<'_>, ada: &str) {
    let her = [("user", ada)];
    let _ = walk.call("send_password_reset", &her, Sent::Nothing);
    let unproved = json!({"email_verified": false});
    let _ = walk.call("update_user", &her, unproved);
    let _ = walk.call("send_email_verification", &her, Sent::Nothing);
    let _ = walk.call("read_mail", &[], Sent::Nothing);
    let sent = walk.call("test_mail", &[], Sent::Nothing);
    assert_eq!(sent.json()["delivered"], true, "{}", sent.text());
    let letter = [("template", "password_reset"), ("language", "en")];
    let texts = json!({"subject": "Hop in", "text": "Here: {{link}}"});
    let _ = walk.call("list_mail_templates", &[], Sent::Nothing);
    let _ = walk.call("write_mail_template", &letter, texts.clone());
    let _ = walk.call("read_mail_template", &letter, Sent::Nothing);
    let _ = walk.call("preview_mail_template", &letter, texts);
    let _ = walk.call("delete_mail_template", &letter, Sent::Nothing);
}

fn looks(walk: &mut Walk<'_>) {
    let _ = walk.call("write_theme", &[], json!({"name": "Acme"}));
    let _ = walk.call("read_theme", &[], Sent::Nothing);
    let logo = Sent::Bytes("image/png", STANDARD.decode(PNG).unwrap());
    let _ = walk.call("write_theme_logo", &[], logo);
    let _ = walk.call("read_theme_logo", &[], Sent::Nothing);
    let _ = walk.call("delete_theme_logo", &[], Sent::Nothing);
    let _ = walk.call("delete_theme", &[], Sent::Nothing);
}

fn keys(walk: &mut Walk<'_>) {
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "ED25519"])
        .output()
        .unwrap();
    let pem = String::from_utf8(made.stdout).unwrap();
    let _ = walk.call("list_keys", &[], Sent::Nothing);
    let new = json!({"alg": "EdDSA", "private_key": pem});
    let key = walk.call("create_key", &[], new).field("id");
    let one = [("key", key.as_str())];
    let _ = walk.call("read_key", &one, Sent::Nothing);
    let later = json!({"activates_at": "2126-01-31T12:00:00.000Z"});
    let _ = walk.call("update_key", &one, later);
    let _ = walk.call("rotate_key", &[], json!({"alg": "ES256"}));
}

fn trail(walk: &mut Walk<'_>) {
    let listed = walk.call("list_realm_audit", &[], Sent::Nothing).json();
    let position = listed["items"][0]["position"].to_string();
    let at = [("position", position.as_str())];
    for of in ["", "realm_"] {
        let _ = walk.call(&format!("export_{of}audit"), &[], Sent::Nothing);
        let _ = walk.call(&format!("stream_{of}audit"), &[], Sent::Nothing);
        let _ = walk.call(&format!("read_{of}audit_event"), &at, Sent::Nothing);
    }
    let _ = walk.call("list_audit", &[], Sent::Nothing);
    let _ = walk.call("verify_audit", &[], Sent::Nothing);
}

/// Realms, and the end of everything.
fn realms(walk: &mut Walk<'_>, ada: &str, machine: &str) {
    let her = [("user", ada)];
    let _ = walk.call("delete_password", &her, Sent::Nothing);
    let _ = walk.call("delete_user", &her, Sent::Nothing);
    let _ = walk.call("delete_client", &[("client", machine)], Sent::Nothing);
    let _ = walk.call("list_realms", &[], Sent::Nothing);
    let new = json!({"slug": "new", "name": "New"});
    let _ = walk.call("create_realm", &[], new);
    let _ = walk.call("read_realm", &[], Sent::Nothing);
    let _ = walk.call("update_realm", &[], json!({"name": "Acme and Sons"}));
    let _ = walk.call("delete_realm", &[], Sent::Nothing);
}
