//! What `lodge` says on the wire, told by a server that writes everything down.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gatelodge_testkit::free_port;
use tempfile::TempDir;

use super::Lodge;

/// Answers from a list, one after the other, and keeps the requests.
struct Scribe {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scribe {
    fn answering(answers: &'static [(&'static str, &'static str)]) -> Self {
        // Nobody else of this process takes the port when it has answered everything.
        let listener = TcpListener::bind(("127.0.0.1", free_port())).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = requests.clone();
        std::thread::spawn(move || {
            for ((head, body), stream) in answers.iter().zip(listener.incoming()) {
                let mut stream = stream.unwrap();
                kept.lock().unwrap().push(request(&mut stream));
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {head}\r\ncontent-type: application/json\r\n\
                     content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, requests }
    }

    fn client(&self) -> Lodge {
        let lodge = Lodge {
            home: TempDir::new().unwrap(),
            admin_url: self.url.clone(),
            variables: Vec::new(),
        };
        lodge.with("LODGE_TOKEN", "a-token")
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A request with its body, headers in lower case.
fn request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |text| text.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        assert_ne!(count, 0, "the request broke off: {text}");
    }
}

const CLIENT: &str = r#"{"client_id": "app", "client_name": "App"}"#;

#[test]
fn a_change_names_the_revision_that_was_read_unless_it_is_forced() {
    let scribe = Scribe::answering(&[
        ("200 OK\r\netag: \"7\"", CLIENT),
        ("200 OK\r\netag: \"8\"", CLIENT),
        ("200 OK\r\netag: \"9\"", CLIENT),
    ]);
    let lodge = scribe.client();
    let update = ["client", "update", "app", "--client-name", "New"];
    lodge.run(&update).expect(0);
    lodge.run(&[&update[..], &["--force"]].concat()).expect(0);
    let requests = scribe.requests();
    assert!(
        requests[0].starts_with("get /admin/v1/realms/default/clients/app "),
        "{requests:?}"
    );
    assert!(
        requests[1].contains("\r\nif-match: \"7\"\r\n"),
        "{}",
        requests[1]
    );
    assert!(
        requests[1].contains("application/merge-patch+json"),
        "{}",
        requests[1]
    );
    assert!(
        requests[1].ends_with(r#"{"client_name":"new"}"#),
        "{}",
        requests[1]
    );
    assert!(requests[2].starts_with("patch "), "{}", requests[2]);
    assert!(!requests[2].contains("if-match"), "{}", requests[2]);
}

#[test]
fn a_busy_server_is_asked_again_and_makes_a_thing_once() {
    let scribe = Scribe::answering(&[
        (
            "503 Service Unavailable\r\nretry-after: 1",
            r#"{"detail": "busy"}"#,
        ),
        ("201 Created", CLIENT),
    ]);
    scribe
        .client()
        .run(&["client", "create", "--client-id", "app"])
        .expect(0);
    let requests = scribe.requests();
    let key = |request: &String| {
        let line = request
            .lines()
            .find(|line| line.starts_with("idempotency-key: "));
        line.map(str::to_owned)
    };
    assert_eq!(requests.len(), 2);
    assert!(key(&requests[0]).is_some(), "{}", requests[0]);
    assert_eq!(key(&requests[0]), key(&requests[1]));
}

#[test]
fn names_stay_in_their_place_of_a_path() {
    let scribe =
        Scribe::answering(&[("404 Not Found", r#"{"detail": "there is no such client"}"#)]);
    let said = scribe
        .client()
        .run(&["client", "get", "../users?x#y", "-r", "a/b"])
        .expect(1);
    assert!(said.err.contains("there is no such client"), "{}", said.err);
    let request = &scribe.requests()[0];
    let line = "get /admin/v1/realms/a%2fb/clients/..%2fusers%3fx%23y http/1.1";
    assert!(request.starts_with(line), "{request}");
}

#[test]
fn a_servers_words_cannot_move_the_cursor() {
    let scribe = Scribe::answering(&[
        ("422 Unprocessable Content", r#"{"detail": "a\u001b[2Jb"}"#),
        (
            "200 OK",
            r#"{"client_id": "a\u001b[2Jb", "client_name": "\u202eevil"}"#,
        ),
    ]);
    let lodge = scribe.client();
    let refused = lodge.run(&["client", "get", "app"]).expect(1);
    let shown = lodge.run(&["client", "get", "app"]).expect(0);
    for text in [refused.all(), shown.all()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
}

#[test]
fn nobody_is_followed_elsewhere_with_a_token() {
    let elsewhere = Scribe::answering(&[("200 OK", CLIENT)]);
    let location = format!("302 Found\r\nlocation: {}/", elsewhere.url);
    let answers: &'static [(&'static str, &'static str)] = vec![(&*location.leak(), "{}")].leak();
    let scribe = Scribe::answering(answers);
    scribe.client().run(&["client", "get", "app"]).expect(1);
    assert!(elsewhere.requests().is_empty());
    assert!(scribe.requests()[0].contains("\r\nauthorization: bearer a-token\r\n"));
}

#[test]
fn a_check_that_finds_something_is_no_success() {
    let scribe = Scribe::answering(&[
        (
            "200 OK",
            r#"{"whole": false, "fault": "event 3 was changed"}"#,
        ),
        ("200 OK", r#"{"whole": true, "events": 3}"#),
    ]);
    let lodge = scribe.client();
    let broken = lodge.run(&["audit", "verify"]).expect(1);
    assert!(broken.out.contains("event 3 was changed"), "{broken:?}");
    assert_eq!(broken.err, "");
    lodge.run(&["audit", "verify"]).expect(0);
}

#[test]
fn a_watch_waits_for_a_server_that_went_away() {
    let page = r#"{"items": [{"username": "ada"}], "next_cursor": null}"#;
    let user = r#"{"username": "ada"}"#;
    let id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (answers, verb) in [
        (&*vec![("200 OK", page)].leak(), &["list"][..]),
        (&*vec![("200 OK", user)].leak(), &["get", id]),
    ] {
        let lodge = Scribe::answering(answers).client();
        let watch = ["--watch", "--interval", "1", "-o", "ndjson"];
        let line = [&["user"], verb, &watch].concat();
        let mut child = lodge.command(&line).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
        let waits = told.any(|line| line.unwrap().contains("trying again"));
        assert!(waits, "{verb:?}: it ended");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a start takes is the story"
)]
fn its_own_start_costs_less_than_fifty_milliseconds() {
    // What is not optimised may take three times as long.
    let most = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 50 });
    let lodge = Lodge {
        home: TempDir::new().unwrap(),
        admin_url: String::new(),
        variables: Vec::new(),
    };
    // Whoever is not signed in hears so at once: it is the start and nothing else. The quickest
    // of many, because others use the machine too.
    let quickest = (0..40).map(|_| {
        let began = Instant::now();
        lodge.run(&["user", "list"]).expect(3);
        began.elapsed()
    });
    let quickest = quickest.min().unwrap();
    assert!(quickest < most, "{quickest:?}");
}
