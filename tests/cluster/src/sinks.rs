//! A sink of the audit trail is fed by one node, and by another one when that dies.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gatelodge_testkit::Http;
use gatelodge_testkit::client::basic;
use serde_json::Value;

use crate::Cluster;
use crate::stopwatch::until;

/// A lease, and more for a machine with other work.
const PATIENCE: Duration = Duration::from_mins(2);
/// How many records come again at most: one delivery.
const BATCH: u64 = 200;

/// A webhook's receiver, which takes everything.
#[derive(Debug)]
pub struct Receiver {
    port: u16,
    batches: Arc<Mutex<Vec<Vec<u64>>>>,
}

impl Receiver {
    /// On a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let batches = Arc::<Mutex<Vec<Vec<u64>>>>::default();
        let kept = batches.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                thread::spawn(move || while take(&stream, &kept).is_some() {});
            }
        });
        Self { port, batches }
    }

    /// What makes nodes feed it.
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("URL", format!("http://127.0.0.1:{}/in", self.port)),
            ("KEY", "0123456789abcdef0123456789abcdef".to_owned()),
            ("PRIVATE", "true".to_owned()),
        ]
        .map(|(name, value)| (format!("GATELODGE__AUDIT__WEBHOOK_{name}"), value))
        .to_vec()
    }

    /// Positions of each delivery.
    fn batches(&self) -> Vec<Vec<u64>> {
        self.batches.lock().unwrap().clone()
    }

    fn last(&self) -> u64 {
        self.batches().concat().last().copied().unwrap_or(0)
    }
}

/// One delivery; none at the end of a connection.
fn take(mut stream: &TcpStream, kept: &Mutex<Vec<Vec<u64>>>) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length?];
    lines.read_exact(&mut body).ok()?;
    let batch: Value = serde_json::from_slice(&body).unwrap();
    let events = batch["events"].as_array().unwrap().iter();
    let positions = events.map(|event| event["position"].as_u64().unwrap());
    kept.lock().unwrap().push(positions.collect());
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()
}

/// Which nodes say that they feed it, with how far it is behind.
fn feeding(cluster: &Cluster) -> Vec<(usize, u64)> {
    let mut found = Vec::new();
    for (number, node) in cluster.nodes.iter().enumerate() {
        let url = format!("http://127.0.0.1:{}/metrics", node.plan().admin);
        let Ok(page) = Http::default().try_send("GET", &url, &[("connection", "close")], b"")
        else {
            continue;
        };
        let sample = "gatelodge_audit_sink_lag_events{sink=\"webhook\"} ";
        let page = page.text();
        let lag = page.lines().find_map(|line| line.strip_prefix(sample));
        if let Some(lag) = lag {
            found.push((number, lag.parse().unwrap()));
        }
    }
    found
}

/// Every event of the trail, by its position.
fn trail(cluster: &Cluster) -> BTreeSet<u64> {
    let all = cluster
        .database
        .sql("SELECT position FROM audit_events ORDER BY position");
    all.lines()
        .map(|line| line.trim().parse().unwrap())
        .collect()
}

/// Whether it has the newest event of the trail.
fn has_all(cluster: &Cluster, receiver: &Receiver) -> bool {
    let newest = trail(cluster).last().copied().unwrap_or(0);
    receiver.last() >= newest
}

fn ask_for_tokens(cluster: &Cluster, count: usize) {
    let machine = cluster.confidential_client();
    let credentials = basic(
        &machine.client_id,
        machine.client_secret.as_deref().unwrap(),
    );
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", credentials.as_str()),
    ];
    let url = format!("{}/oauth2/token", cluster.issuer);
    let http = Http::default();
    for _ in 0..count {
        // A request that a dying node was at is lost with it; what it recorded is not.
        let _ = http.try_send("POST", &url, &headers, b"grant_type=client_credentials");
    }
}

/// The node that feeds the sink is killed amid deliveries, and the other one goes on.
pub fn change_hands(cluster: &mut Cluster, receiver: &Receiver) {
    ask_for_tokens(cluster, 30);
    let fed = until(PATIENCE, || has_all(cluster, receiver));
    assert!(fed.is_some(), "nobody feeds the sink");
    let [(holder, _)] = feeding(cluster)[..] else {
        panic!("not one node feeds the sink: {:?}", feeding(cluster));
    };
    let killed_after = {
        let shared = &*cluster;
        thread::scope(|scope| {
            let asking = scope.spawn(|| ask_for_tokens(shared, 300));
            let so_far = receiver.last();
            let amid = until(PATIENCE, || receiver.last() > so_far + 20);
            assert!(amid.is_some(), "deliveries stopped by themselves");
            shared.nodes[holder].signal_kill();
            let delivered = receiver.batches().len();
            asking.join().unwrap();
            delivered
        })
    };
    cluster.nodes[holder].kill();
    ask_for_tokens(cluster, 20);
    let handed_over = until(PATIENCE, || has_all(cluster, receiver));
    assert!(handed_over.is_some(), "nobody took the dead node's place");

    let other = 1 - holder;
    let [(now, _)] = feeding(cluster)[..] else {
        panic!("not one node feeds the sink: {:?}", feeding(cluster));
    };
    assert_eq!(now, other);
    // What is recorded meanwhile is delivered a moment later.
    let trail = trail(cluster);
    let newest = trail.last().copied().unwrap_or(0);
    let fed = until(PATIENCE, || receiver.last() >= newest);
    assert!(fed.is_some(), "it is fed no more");
    let batches = receiver.batches();
    let delivered: BTreeSet<u64> = batches.concat().into_iter().collect();
    let lost: Vec<u64> = trail.difference(&delivered).copied().collect();
    assert!(lost.is_empty(), "events {lost:?} were lost");
    // It goes on where the other one was, and not from the beginning.
    let before = batches[..killed_after].concat().last().copied().unwrap();
    let again = batches[killed_after..].concat();
    let first = again.iter().min().copied().unwrap();
    assert!(
        first + BATCH > before,
        "after {before} it began again at {first}"
    );
    for batch in &batches {
        assert!(batch.is_sorted(), "{batch:?}");
    }

    // Whoever comes back finds it taken.
    cluster.revive(holder);
    ask_for_tokens(cluster, 20);
    let fed = until(PATIENCE, || has_all(cluster, receiver));
    assert!(fed.is_some());
    let [(now, _)] = feeding(cluster)[..] else {
        panic!("not one node feeds the sink: {:?}", feeding(cluster));
    };
    assert_eq!(now, other);
}
