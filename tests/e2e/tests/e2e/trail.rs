//! What leaves the trail: exports, live tails, sinks; and what retention takes from it.

#![expect(
    clippy::disallowed_methods,
    reason = "how long something takes to be seen is part of the story"
)]

mod asked;
mod retention;
mod sinks;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use gatelodge_testkit::{Administrator, RelyingParty, Server};
use serde_json::{Value, json};

use crate::story::confidential_client;

/// Makes that many events of tokens.
fn tokens(server: &Server, count: usize) {
    let party = confidential_client(server, "");
    for _ in 0..count {
        let asked = party.token(&[("grant_type", "client_credentials")]);
        let _ = asked.expect_status(200);
    }
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every event of that list below a position, page by page, newest first.
fn listed(administrator: &Administrator, path: &str, below: u64) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = Some(below.to_string());
    while let Some(from) = cursor {
        let page = administrator.get(&format!("{path}limit=50&cursor={from}"));
        let page = page.expect_status(200).json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    all
}

/// A configuration file with that section `[audit]`.
fn configured(folder: &Path, audit: &str) -> String {
    let file = folder.join("gatelodge.toml");
    fs::write(&file, format!("[audit]\n{audit}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

fn positions(events: &[Value]) -> Vec<u64> {
    let positions = events.iter();
    positions
        .map(|event| event["position"].as_u64().unwrap())
        .collect()
}

fn in_file(path: &Path) -> (Vec<Value>, Vec<Value>) {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    lines(whole)
        .into_iter()
        .partition(|line| line.get("position").is_some())
}

fn command(verb: &str, folder: &Path, further: &[&str]) -> Output {
    let folder = folder.to_str().unwrap();
    Server::run(&[&["audit", verb, "--data-dir", folder], further].concat())
}

fn said(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn an_export_is_the_whole_list_and_is_recorded_once() {
    let mut server = Server::demo();
    let administrator = Administrator::of(&server);
    tokens(&server, 450);
    for (export, list) in [
        ("/audit/export", "/audit?"),
        ("/realms/default/audit/export", "/realms/default/audit?"),
        (
            "/realms/default/audit/export?action=token.issued&outcome=success",
            "/realms/default/audit?action=token.issued&outcome=success&",
        ),
    ] {
        let answer = administrator.get(export).expect_status(200);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let exported = lines(&answer.text());
        assert!(exported.len() > 400, "{export}: {}", exported.len());
        let newest = exported[0]["position"].as_u64().unwrap();
        assert_eq!(
            exported,
            listed(&administrator, list, newest + 1),
            "{export}"
        );
    }
    let reads = administrator.get("/realms/default/audit?action=audit.read");
    let reads = reads.expect_status(200).json();
    let exports = reads["items"].as_array().unwrap().iter();
    let exports = exports.filter(|event| event["facts"]["how"] == "export");
    assert_eq!(exports.count(), 2, "the first was about the house");
    // One of them, by its position; a realm shows its own only.
    let one = administrator.get("/audit/export?action=token.issued");
    let one = lines(&one.text()).remove(0);
    let at = one["position"].as_u64().unwrap();
    for path in ["/audit", "/realms/default/audit"] {
        let shown = administrator
            .get(&format!("{path}/{at}"))
            .expect_status(200);
        assert_eq!(shown.json(), one, "{path}");
    }
    let elsewhere = administrator.get(&format!("/realms/system/audit/{at}"));
    assert_eq!(elsewhere.status, 404, "{}", elsewhere.text());
    assert_eq!(administrator.get("/audit/18446744073709551615").status, 404);
    let wrong = administrator.get("/audit/export?action=nonsense");
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert_eq!(administrator.get("/audit/export?limit=5").status, 422);

    // The same on the machine.
    assert_eq!(server.stop(), Some(0));
    let file = server.data_dir().join("trail.ndjson");
    let output = command(
        "export",
        server.data_dir(),
        &["--realm", "default", "--output", file.to_str().unwrap()],
    );
    said(&output);
    let exported = lines(&fs::read_to_string(&file).unwrap());
    assert!(exported.len() > 450);
    assert_eq!(exported[0]["action"], "audit.read");
    assert_eq!(exported[0]["actor"]["kind"], "operator");
    let again = command(
        "export",
        server.data_dir(),
        &["--output", file.to_str().unwrap()],
    );
    assert_eq!(again.status.code(), Some(1), "a file is not overwritten");
}

/// A live tail, read line by line.
struct Watch {
    lines: BufReader<TcpStream>,
}

impl Watch {
    fn open(server: &Server, token: &str, path: &str, last: Option<&str>) -> Self {
        let host = server.admin_url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let resume = last.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        write!(
            stream,
            "GET /admin/v1{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Accept: text/event-stream\r\n{resume}\r\n"
        )
        .unwrap();
        stream
            .set_read_timeout(Some(Duration::from_mins(2)))
            .unwrap();
        let mut watch = Self {
            lines: BufReader::new(stream),
        };
        let head = watch.until("").unwrap();
        assert!(head[0].contains("200 OK"), "{head:?}");
        let streams = head
            .iter()
            .any(|line| line.eq_ignore_ascii_case("content-type: text/event-stream"));
        assert!(streams, "{head:?}");
        // It is open when it has said how to come back.
        let _ = watch.find("retry: ").unwrap();
        watch
    }

    /// Lines up to that one; none at the end.
    fn until(&mut self, end: &str) -> Option<Vec<String>> {
        let mut all = Vec::new();
        loop {
            let line = self.line()?;
            if line == end {
                return Some(all);
            }
            all.push(line);
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        // The last chunk (RFC 9112 §7.1); the connection may stay.
        let is_last = read == 0 || line == "0\r\n";
        (!is_last).then(|| line.trim_end().to_owned())
    }

    /// What follows that word on the next line that begins with it; none at the end.
    fn find(&mut self, word: &str) -> Option<String> {
        loop {
            if let Some(rest) = self.line()?.strip_prefix(word) {
                return Some(rest.to_owned());
            }
        }
    }

    /// The next event and its id.
    fn event(&mut self) -> Option<(String, Value)> {
        let id = self.find("id: ")?;
        let data = self.find("data: ")?;
        Some((id, serde_json::from_str(&data).unwrap()))
    }
}

#[test]
fn a_tail_shows_an_event_within_a_second_and_goes_on_where_it_ended() {
    let mut server = Server::demo();
    let administrator = Administrator::of(&server);
    let path = "/realms/default/audit/stream?action=token.issued";
    let mut watch = Watch::open(&server, &administrator.token, path, None);
    let mut here = Watch::open(&server, &administrator.token, "/audit/stream", None);
    // The quickest of a few: the machine may stand still for a second, but not each time.
    let mut id = String::new();
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        tokens(&server, 1);
        let (its, event) = watch.event().unwrap();
        quickest = quickest.min(began.elapsed());
        assert_eq!(event["action"], "token.issued");
        assert_eq!(event["position"].to_string(), its);
        id = its;
    }
    assert!(quickest < Duration::from_secs(1), "{quickest:?}");
    drop(watch);
    tokens(&server, 3);
    let mut late = Watch::open(&server, &administrator.token, path, Some(&id));
    let mut last = id.parse().unwrap();
    for _ in 0..3 {
        let (_, event) = late.event().unwrap();
        let position = event["position"].as_u64().unwrap();
        assert!(position > last);
        last = position;
    }
    let seen = here.event().unwrap().1;
    assert!(seen["position"].as_u64().is_some(), "{seen}");
    let refused = administrator.get("/audit/stream?action=nonsense");
    assert_eq!(refused.status, 422);

    // A server that is told to stop does not wait for who watches.
    let began = Instant::now();
    assert_eq!(server.stop(), Some(0));
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert!(late.event().is_none());
}

#[test]
fn a_tail_ends_with_the_token_and_with_the_right() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let role = json!({"name": "watcher", "permissions": ["audit:read"]});
    let _ = root.post("/realms/system/roles", &role).expect_status(201);
    let body = json!({"username": "watchman", "password": "a long enough password"});
    let made = root.post("/realms/system/users", &body).expect_status(201);
    let held = format!("/realms/system/users/{}/roles/watcher", made.field("id"));
    let _ = root.put(&held, &json!({})).expect_status(204);
    let mut demo = server.demo.clone();
    demo["admin"] = body;
    let watchman = Administrator::at(&server.admin_url, &demo, "openid admin");

    let revoked = Administrator::of(&server);
    let mut with_token = Watch::open(&server, &revoked.token, "/audit/stream", None);
    let mut with_right = Watch::open(&server, &watchman.token, "/audit/stream", None);
    let mut going_on = Watch::open(&server, &root.token, "/audit/stream", None);

    let gone = RelyingParty::new(&server.admin_url, &server.demo["admin_client"], "")
        .authenticated_post("/oauth2/revoke", &[("token", &revoked.token)]);
    assert_eq!(gone.status, 200);
    let _ = root.delete(&held).expect_status(204);
    let began = Instant::now();
    while with_token.event().is_some() {}
    while with_right.event().is_some() {}
    // It is looked at every five seconds.
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    // Others watch on.
    tokens(&server, 1);
    while going_on.event().unwrap().1["action"] != "token.issued" {}
}

#[cfg(feature = "postgres-tests")]
#[test]
fn on_postgresql_the_same_is_seen_once_it_is_sealed() {
    let database = gatelodge_testkit::postgres::Database::create();
    let url = database.url();
    let storage = ["--storage", "postgres", "--database-url", &url];
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("audit.ndjson");
    let config = configured(folder.path(), &format!("file = \"{}\"", file.display()));
    let mut server = Server::demo_with(&[&storage[..], &["--config", &config]].concat());
    let administrator = Administrator::of(&server);
    let path = "/audit/stream?action=token.issued";
    let mut watch = Watch::open(&server, &administrator.token, path, None);
    // Whatever was sealed since the stream began is shown first.
    let before = administrator.get("/audit?limit=1").json()["items"][0]["position"].as_u64();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| tokens(&server, 25));
        }
    });
    let mut last = 0;
    let mut shown = 0;
    while shown < 100 {
        let position = watch.event().unwrap().1["position"].as_u64();
        assert!(position > Some(last), "in order");
        last = position.unwrap();
        shown += usize::from(position > before);
    }
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "{:?}",
        began.elapsed()
    );
    let trail = administrator.get("/audit/export").expect_status(200);
    let mut trail = positions(&lines(&trail.text()));
    trail.reverse();
    let patience = Instant::now() + Duration::from_mins(2);
    while positions(&in_file(&file).0).last() < trail.last() {
        assert!(Instant::now() < patience, "the file is not filled");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut filed = positions(&in_file(&file).0);
    filed.truncate(trail.len());
    assert_eq!(filed, trail);
    drop(watch);
    assert_eq!(server.stop(), Some(0));

    let here = server.data_dir();
    said(&command(
        "remove",
        here,
        &[&storage[..], &["--older-than-days", "0"]].concat(),
    ));
    let whole = said(&command("verify", here, &storage));
    assert!(whole.contains("were removed under retention"), "{whole}");
    database
        .sql("DELETE FROM audit_events WHERE position = (SELECT min(position) FROM audit_events)");
    let output = command("verify", here, &storage);
    assert_eq!(
        output.status.code(),
        Some(1),
        "a plain removal is found out"
    );
}
