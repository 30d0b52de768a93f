//! What leaves the trail: exports, live tails, sinks; and what retention takes from it.

#![expect(
    clippy::disallowed_methods,
    reason = "how long something takes to be seen is part of the story"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gatelodge_testkit::{Administrator, RelyingParty, Server, free_port};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::story::confidential_client;

const KEY: &str = "0123456789abcdef0123456789abcdef";

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
            .set_read_timeout(Some(Duration::from_secs(30)))
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
    let began = Instant::now();
    tokens(&server, 1);
    let (id, event) = watch.event().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(event["action"], "token.issued");
    assert_eq!(event["position"].to_string(), id);
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
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    // Others watch on.
    tokens(&server, 1);
    while going_on.event().unwrap().1["action"] != "token.issued" {}
}

/// A configuration file with that section `[audit]`.
fn configured(folder: &Path, audit: &str) -> String {
    let file = folder.join("gatelodge.toml");
    fs::write(&file, format!("[audit]\n{audit}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

/// What arrives at a listener until it is dropped.
struct Receiver {
    taken: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    /// A webhook's receiver, which answers 500 to the first call.
    fn webhook(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let taken: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = taken.clone();
        thread::spawn(move || {
            let mut refused = false;
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let Some((signature, body)) = posted(&mut stream) else {
                    continue;
                };
                verify_signature(&signature, &body);
                let status = if refused {
                    let batch: Value = serde_json::from_slice(&body).unwrap();
                    let events = batch["events"].as_array().unwrap();
                    kept.lock().unwrap().extend(events.iter().cloned());
                    "204 No Content"
                } else {
                    "500 Internal Server Error"
                };
                refused = true;
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        });
        Self { taken }
    }

    /// A syslog server over TCP.
    fn syslog(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let taken: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = taken.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut all = String::new();
                if stream.unwrap().read_to_string(&mut all).is_err() {
                    continue;
                }
                let mut rest = all.as_str();
                while let Some((length, text)) = rest.split_once(' ') {
                    let (message, after) = text.split_at(length.parse().unwrap());
                    rest = after;
                    let head: Vec<&str> = message.splitn(8, ' ').collect();
                    assert!(head[0].ends_with(">1"), "{message}");
                    assert_eq!((head[3], head[6]), ("gatelodge", "-"), "{message}");
                    let said: Value = serde_json::from_str(head[7]).unwrap();
                    if head[5] == "audit.seal" {
                        assert_eq!(said["chain"], "audit");
                    } else {
                        assert_eq!(said["action"], head[5]);
                        kept.lock().unwrap().push(said);
                    }
                }
            }
        });
        Self { taken }
    }

    fn events(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }
}

/// Signature and body of a POST.
fn posted(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }
    let length = headers["content-length"].parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((headers["x-gatelodge-signature"].clone(), body))
}

fn verify_signature(signature: &str, body: &[u8]) {
    let (time, mac) = signature.split_once(",v1=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    let key = PKey::hmac(KEY.as_bytes()).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(format!("{time}.").as_bytes()).unwrap();
    signer.update(body).unwrap();
    let expected = signer.sign_to_vec().unwrap();
    let expected = expected
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(mac, expected);
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

#[test]
fn sinks_get_every_event_in_order_over_restarts_and_their_own_absence() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.ndjson");
    let (syslog, webhook) = (free_port(), free_port());
    let config = configured(
        folder.path(),
        &format!(
            "file = \"{}\"\nsyslog = \"tcp://127.0.0.1:{syslog}\"\n\
             webhook_url = \"http://127.0.0.1:{webhook}/in\"\nwebhook_key = \"{KEY}\"\n\
             webhook_private = true\n",
            file.display()
        ),
    );
    let mut server = Server::demo_with(&["--config", &config]);
    let administrator = Administrator::of(&server);
    tokens(&server, 30);
    server.restart();
    tokens(&server, 30);
    // They come late, and one is moved away.
    let moved = folder.path().join("audit.1");
    let patience = Instant::now() + Duration::from_secs(30);
    while in_file(&file).0.len() < 60 {
        assert!(Instant::now() < patience, "the file is not filled");
        thread::sleep(Duration::from_millis(20));
    }
    fs::rename(&file, &moved).unwrap();
    let syslog = Receiver::syslog(syslog);
    let webhook = Receiver::webhook(webhook);
    tokens(&server, 230);

    let trail = administrator.get("/audit/export").expect_status(200);
    let mut trail = lines(&trail.text());
    trail.reverse();
    for event in &mut trail {
        // What identifies people stays in the house.
        event["personal"] = Value::Null;
    }
    let filed = || [in_file(&moved).0, in_file(&file).0].concat();
    let patience = Instant::now() + Duration::from_mins(1);
    let last = trail.last().unwrap()["position"].as_u64();
    for (name, events) in [
        ("file", &filed as &dyn Fn() -> Vec<Value>),
        ("syslog", &|| syslog.events()),
        ("webhook", &|| webhook.events()),
    ] {
        let mut seen = events();
        while positions(&seen).last().copied() < last {
            assert!(
                Instant::now() < patience,
                "{name} has {} events",
                seen.len()
            );
            thread::sleep(Duration::from_millis(20));
            seen = events();
        }
        seen.truncate(trail.len());
        assert_eq!(positions(&seen), positions(&trail), "{name}");
        assert_eq!(seen, trail, "{name}");
    }
    let seals = in_file(&file).1;
    assert!(!seals.is_empty(), "seals are in the file");
    assert_eq!(server.stop(), Some(0));

    // The newest seal in the file is one that the trail has.
    let (_, seals) = in_file(&file);
    let newest = seals.last().unwrap();
    let known = format!("{}:{}", newest["number"], newest["mac"].as_str().unwrap());
    said(&command(
        "verify",
        server.data_dir(),
        &["--known-seal", &known],
    ));
}

#[test]
fn a_sink_that_cannot_be_is_refused_at_the_start() {
    let folder = TempDir::new().unwrap();
    for (audit, why) in [
        ("syslog = \"tls://log:6514\"", "audit.syslog"),
        (
            "webhook_url = \"https://siem.example/in\"",
            "audit.webhook_key",
        ),
        (
            "webhook_key = \"0123456789abcdef0123456789abcdef\"",
            "audit.webhook_url",
        ),
        (
            "webhook_url = \"http://siem.example/in\"\nwebhook_key = \"0123456789abcdef0123456789abcdef\"",
            "https",
        ),
        (
            "webhook_url = \"https://siem.example/in\"\nwebhook_key = \"short\"",
            "32 characters",
        ),
    ] {
        let config = configured(folder.path(), audit);
        let output = Server::run(&["config", "--config", &config]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{audit}: {said}");
        assert!(said.contains(why) && !said.contains(KEY), "{audit}: {said}");
    }
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

fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("gatelodge.db")).unwrap()
}

fn number(folder: &Path, sql: &str) -> i64 {
    database(folder)
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// A copy of a stopped server's folder.
fn copied(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir_all(to).unwrap();
    for name in ["gatelodge.db", "master.key"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
    to.to_owned()
}

/// A stopped server whose trail was shortened by all but its newest seal.
struct Shortened {
    server: Server,
    elsewhere: TempDir,
    /// The folder as it was before.
    before: PathBuf,
    /// Events that went.
    gone: i64,
    /// How verification speaks of them.
    said: String,
}

impl Shortened {
    fn new() -> Self {
        let elsewhere = TempDir::new().unwrap();
        let mut server = Server::demo();
        tokens(&server, 20);
        assert_eq!(server.stop(), Some(0));
        let folder = server.data_dir().to_owned();
        let before = copied(&folder, &elsewhere.path().join("before"));
        let events = number(&folder, "SELECT count(*) FROM audit_events");
        let all = said(&command("verify", &folder, &[]));
        assert!(all.contains(&format!("whole: {events} events")), "{all}");
        let kept = said(&command("remove", &folder, &["--older-than-days", "1"]));
        assert_eq!(kept, "0 events were removed\n");
        let removed = said(&command("remove", &folder, &["--older-than-days", "0"]));
        let left = number(&folder, "SELECT count(*) FROM audit_events");
        assert!(left < 5, "the newest seal and what it covers: {left}");
        let gone = events + 1 - left;
        assert_eq!(removed, format!("{gone} events were removed\n"));
        Self {
            server,
            elsewhere,
            before,
            gone,
            said: format!("{gone} events before were removed under retention"),
        }
    }

    fn folder(&self) -> &Path {
        self.server.data_dir()
    }
}

#[test]
fn a_shortened_trail_verifies_and_the_house_goes_on() {
    let mut story = Shortened::new();
    let folder = story.folder().to_owned();
    let first = number(&folder, "SELECT min(position) FROM audit_events");
    let whole = said(&command("verify", &folder, &[]));
    let from = format!("whole from position {first} on");
    assert!(
        whole.contains(&from) && whole.contains(&story.said),
        "{whole}"
    );

    story.server.restart();
    let administrator = Administrator::of(&story.server);
    tokens(&story.server, 5);
    let found = administrator.get("/audit/verification");
    let found = found.expect_status(200).json();
    assert_eq!(
        (&found["whole"], &found["first"]),
        (&json!(true), &json!(first))
    );
    assert_eq!(found["removed"], story.gone);
    let done = administrator.get("/audit?action=audit.removed").json();
    assert_eq!(done["items"][0]["facts"]["events"], story.gone);
    assert_eq!(done["items"][0]["actor"]["kind"], "operator");
    assert_eq!(story.server.stop(), Some(0));

    // A copy keeps what was declared.
    let place = |name: &str| {
        story
            .elsewhere
            .path()
            .join(name)
            .to_str()
            .unwrap()
            .to_owned()
    };
    let data = folder.to_str().unwrap();
    let (copy, back, key) = (place("copy"), place("back"), format!("{data}/master.key"));
    said(&Server::run(&[
        "backup",
        "--data-dir",
        data,
        "--out",
        &copy,
    ]));
    let key = ["--master-key-file", &key];
    said(&Server::run(
        &[&["restore", "--data-dir", &back, &copy], &key[..]].concat(),
    ));
    let whole = said(&command("verify", Path::new(&back), &key));
    assert!(whole.contains(&story.said), "{whole}");
}

#[test]
fn whoever_has_the_file_and_not_the_key_cannot_shorten_the_trail() {
    const NEXT: &str = "DELETE FROM audit_events WHERE position <= \
         (SELECT min(last_position) FROM audit_seals); \
         DELETE FROM audit_seals WHERE number = (SELECT min(number) FROM audit_seals)";
    const FORGED: &str = "UPDATE system SET value = zeroblob(97) WHERE name = 'audit_floor'";
    let story = Shortened::new();
    for (number, edit) in [
        // The next range goes as retention takes it; and the floor seems to say so.
        NEXT,
        &format!("{NEXT}; {FORGED}"),
        FORGED,
        "DELETE FROM system WHERE name = 'audit_floor'",
        "DELETE FROM audit_events WHERE position = (SELECT max(position) FROM audit_events)",
        // One comes back below.
        "UPDATE audit_events SET position = 1 \
         WHERE position = (SELECT max(position) FROM audit_events)",
    ]
    .into_iter()
    .enumerate()
    {
        let place = story.elsewhere.path().join(format!("tampered{number}"));
        let tampered = copied(story.folder(), &place);
        database(&tampered).execute_batch(edit).unwrap();
        let output = command("verify", &tampered, &[]);
        assert_eq!(output.status.code(), Some(1), "{edit} was not found out");
    }
    // The same without retention, on the trail as it was.
    database(&story.before).execute_batch(NEXT).unwrap();
    let output = command("verify", &story.before, &[]);
    assert_eq!(output.status.code(), Some(1));
}

/// The floor of later in the tables of before is what a crash leaves behind.
#[test]
fn a_removal_that_was_interrupted_verifies_and_is_finished() {
    let story = Shortened::new();
    let fact = "SELECT value FROM system WHERE name = 'audit_floor'";
    let floor: Vec<u8> = database(story.folder())
        .query_row(fact, [], |row| row.get(0))
        .unwrap();
    let declare = "INSERT INTO system (name, value) VALUES ('audit_floor', ?1)";
    database(&story.before).execute(declare, [&floor]).unwrap();
    let declared = said(&command("verify", &story.before, &[]));
    assert!(
        declared.contains("the audit trail is whole: "),
        "{declared}"
    );

    // Some of it went.
    let half = copied(&story.before, &story.elsewhere.path().join("half"));
    database(&half)
        .execute_batch(
            "DELETE FROM audit_events WHERE position <= \
             (SELECT last_position FROM audit_seals WHERE number = 3); \
             DELETE FROM audit_seals WHERE number <= 3",
        )
        .unwrap();
    let on = said(&command("verify", &half, &[]));
    assert!(on.contains("were removed under retention"), "{on}");
    let further = said(&command("remove", &half, &["--older-than-days", "1"]));
    assert_ne!(further, "0 events were removed\n");
    let on = said(&command("verify", &half, &[]));
    assert!(on.contains(&story.said), "{on}");

    // What is declared and still there is held by the chain like the rest.
    let edit = "UPDATE audit_events SET outcome = 'denied' WHERE position = 2";
    database(&story.before).execute(edit, []).unwrap();
    let output = command("verify", &story.before, &[]);
    assert_eq!(output.status.code(), Some(1));
}

#[cfg(feature = "postgres-tests")]
#[test]
fn on_postgresql_the_same_is_seen_once_it_is_sealed() {
    let database = gatelodge_testkit::postgres::Database::create();
    let url = database.url();
    let storage = ["--storage", "postgres", "--database-url", &url];
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.ndjson");
    let config = configured(folder.path(), &format!("file = \"{}\"", file.display()));
    let mut server = Server::demo_with(&[&storage[..], &["--config", &config]].concat());
    let administrator = Administrator::of(&server);
    let path = "/audit/stream?action=token.issued";
    let mut watch = Watch::open(&server, &administrator.token, path, None);
    // Whatever was sealed since the stream began is shown first.
    let before = administrator.get("/audit?limit=1").json()["items"][0]["position"].as_u64();
    let began = Instant::now();
    thread::scope(|scope| {
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
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    let trail = administrator.get("/audit/export").expect_status(200);
    let mut trail = positions(&lines(&trail.text()));
    trail.reverse();
    let patience = Instant::now() + Duration::from_secs(30);
    while positions(&in_file(&file).0).last() < trail.last() {
        assert!(Instant::now() < patience, "the file is not filled");
        thread::sleep(Duration::from_millis(20));
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
