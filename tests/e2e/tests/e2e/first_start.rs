//! The first start on an empty folder, and the link for the first administrator.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use gatelodge_testkit::{Browser, Http, RelyingParty, Server, binary};
use serde_json::json;

const PASSWORD: &str = "the first administrator's";

/// Signs that administrator in and lists realms.
fn administers(server: &Server, username: &str) {
    let client = json!({"client_id": "lodge", "redirect_uri": "http://127.0.0.1/callback"});
    let party = RelyingParty::new(&server.admin_url, &client, "openid admin");
    let code = party.code(&mut Browser::new(), username, PASSWORD);
    let token = party.redeem(&code).expect_status(200).field("access_token");
    let url = format!("{}/admin/v1/realms", server.admin_url);
    let bearer = format!("Bearer {token}");
    let realms = Http::default()
        .get(&url, &[("authorization", &bearer)])
        .expect_status(200);
    assert!(realms.text().contains("default") && realms.text().contains("system"));
}

fn link(server: &Server) -> String {
    let file = server.data_dir().join("first-admin");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    fs::read_to_string(file)
        .unwrap()
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap()
        .to_owned()
}

#[test]
fn the_one_time_link_makes_the_first_administrator_once() {
    let server = Server::start(&[]);
    for name in ["gatelodge.db", "master.key"] {
        let mode = fs::metadata(server.data_dir().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name} is for its owner only");
    }
    let link = link(&server);
    assert!(
        link.starts_with(&format!("{}/setup", server.admin_url)),
        "{link}"
    );
    let mut browser = Browser::new();
    // A scanner that opens the link spends nothing.
    assert_eq!(Browser::new().open(&link).status, 200);
    let page = browser.open(&link);
    let weak = browser.submit(&page, &[("username", "boss"), ("password", "short")]);
    assert_eq!(weak.status, 400, "{}", weak.text());
    let done = browser.submit(&page, &[("username", "boss"), ("password", PASSWORD)]);
    assert_eq!(done.status, 200, "{}", done.text());
    let again = browser.submit(&page, &[("username", "second"), ("password", PASSWORD)]);
    assert!(
        again.status >= 400,
        "a spent link makes nobody: {}",
        again.text()
    );
    administers(&server, "boss");
    let on_auth = Http::default().get(&format!("{}/setup", server.issuer), &[]);
    assert_eq!(on_auth.status, 404);
}

#[test]
fn the_link_is_there_before_the_ports_answer() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("data");
    let any = "127.0.0.1:0";
    let mut child = Command::new(binary("gatelodge"))
        .args(["serve", "--data-dir", data.to_str().unwrap()])
        .args(["--auth-listen", any, "--admin-listen", any])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The log tells the order, whatever the moment at which somebody looks.
    let mut told = Vec::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        told.push(line.unwrap());
        if told.last().unwrap().contains("serving") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let path = data.join("first-admin");
    assert!(path.exists());
    let path = path.to_str().unwrap();
    assert!(told.iter().any(|line| line.contains(path)), "{told:?}");
}

#[test]
fn the_link_is_replaced_at_each_start_while_nobody_has_used_it() {
    let mut server = Server::start(&[]);
    let first = link(&server);
    server.restart();
    let second = link(&server);
    assert_ne!(first, second);
    assert!(
        Browser::new().open(&first).status >= 400,
        "the old link is void"
    );
    assert_eq!(Browser::new().open(&second).status, 200);
}

#[test]
fn init_without_asking_makes_everything_that_serving_needs() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("data");
    let made = Command::new(binary("gatelodge"))
        .args([
            "init",
            "--admin-username",
            "boss",
            "--data-dir",
            data.to_str().unwrap(),
        ])
        .env("GATELODGE_ADMIN_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    assert!(!String::from_utf8_lossy(&made.stdout).contains(PASSWORD));
    let issuer = "http://127.0.0.1:9040";
    let said = Server::run(&[
        "serve",
        "--data-dir",
        data.to_str().unwrap(),
        "--auth-listen",
        "127.0.0.1:1",
    ]);
    let refused = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(
        refused.contains(issuer),
        "another URL is refused naming both: {refused}"
    );
    let server = Server::start_in(&data, &["--change-issuer"]);
    assert!(
        !data.join("first-admin").exists(),
        "there is an administrator already"
    );
    administers(&server, "boss");
}

#[test]
fn recover_is_the_way_back_in_and_leaves_a_trace() {
    let mut server = Server::start(&[]);
    let link = link(&server);
    let mut browser = Browser::new();
    let page = browser.open(&link);
    let first = [
        ("username", "boss"),
        ("password", "a password that is then lost"),
    ];
    assert_eq!(browser.submit(&page, &first).status, 200);
    let folder = server.data_dir().to_str().unwrap().to_owned();
    let said = Server::run(&["recover", "--user", "boss", "--data-dir", &folder]);
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let link = said
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap();
    let page = browser.open(link);
    let text = page.text();
    assert!(
        text.contains("<h1>Set a new password</h1>") && !text.contains("first administrator"),
        "{text}"
    );
    let name = text.lines().find(|line| line.contains("id=\"username\""));
    let name = name.unwrap();
    assert!(
        name.contains("value=\"boss\"") && name.contains(" readonly"),
        "{name}"
    );
    let weak = browser.submit(&page, &[("username", "mallory"), ("password", "short")]);
    assert_eq!(weak.status, 400);
    assert!(!weak.text().contains("mallory"), "the link says who it is");
    let renewed = browser.submit(&page, &[("username", "mallory"), ("password", PASSWORD)]);
    assert_eq!(renewed.status, 200, "{}", renewed.text());
    assert!(renewed.text().contains("<h1>Welcome back</h1>"));
    administers(&server, "boss");
    let nameless = Server::run(&["recover", "--user", "", "--data-dir", &folder]);
    assert_eq!(nameless.status.code(), Some(2));
    assert_eq!(server.stop(), Some(0));
    let verified = Server::run(&["audit", "verify", "--data-dir", &folder]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
    let database = rusqlite::Connection::open(server.data_dir().join("gatelodge.db")).unwrap();
    let traces: i64 = database
        .query_row(
            "SELECT count(*) FROM audit_events WHERE action = 'administrator.recovered'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(traces > 0);
}
