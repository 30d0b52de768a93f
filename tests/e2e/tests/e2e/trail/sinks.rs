//! Sinks: every event arrives elsewhere too, once and in order.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gatelodge_testkit::{Administrator, Server, free_port};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::Value;
use tempfile::TempDir;

use super::{command, configured, in_file, lines, positions, said, tokens};

const KEY: &str = "0123456789abcdef0123456789abcdef";

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
        let host = std::process::Command::new("uname").arg("-n").output();
        let host = String::from_utf8(host.unwrap().stdout).unwrap();
        thread::spawn(move || {
            let host = host.trim();
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
                    assert_eq!(head[2], host, "{message}");
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
    let patience = Instant::now() + Duration::from_mins(2);
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
    // A sink that was away is tried again after as long as it was away, and up to a minute; the
    // webhook fails once more when it is there.
    let patience = Instant::now() + Duration::from_mins(5);
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
    let patience = Instant::now() + Duration::from_mins(2);
    while in_file(&file).1.is_empty() {
        assert!(Instant::now() < patience, "seals are not in the file");
        thread::sleep(Duration::from_millis(20));
    }
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
