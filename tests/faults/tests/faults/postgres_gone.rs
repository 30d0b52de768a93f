//! PostgreSQL restarted, stopped, and cut off without a word.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{scope, sleep, spawn};
use std::time::{Duration, Instant};

use gatelodge_testkit::postgres::OwnCluster;

use crate::house::{House, Plan, eventually, expect_discreet, expect_unavailable};

/// What the wire between the server and PostgreSQL does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Wire {
    /// It carries.
    Whole,
    /// It takes everything and brings nothing, without a word. What was connected when it was
    /// cut is never heard of again, as when a firewall forgot it.
    Cut,
}

/// A wire that can be cut.
struct Proxy {
    state: Arc<AtomicU8>,
    port: u16,
}

impl Proxy {
    fn to(socket: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(AtomicU8::new(Wire::Whole as u8));
        let (shared, socket) = (Arc::clone(&state), socket.to_owned());
        spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (state, socket) = (Arc::clone(&shared), socket.clone());
                spawn(move || carry(&client, &socket, &state));
            }
        });
        Self { state, port }
    }

    fn becomes(&self, wire: Wire) {
        self.state.store(wire as u8, Ordering::SeqCst);
    }
}

fn is_cut(state: &AtomicU8) -> bool {
    state.load(Ordering::SeqCst) == Wire::Cut as u8
}

fn carry(client: &TcpStream, socket: &PathBuf, state: &Arc<AtomicU8>) {
    if is_cut(state) {
        return never_answer(client);
    }
    let Ok(server) = UnixStream::connect(socket) else {
        let _ = client.shutdown(Shutdown::Both);
        return;
    };
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let there = Arc::clone(state);
    let up = spawn(move || pump(from, to, &there));
    pump(server, client.try_clone().unwrap(), state);
    let _ = up.join();
    if is_cut(state) {
        never_answer(client);
    }
}

/// Until it ends, or the wire is cut.
fn pump(mut from: impl Read + Ends, mut to: impl Write + Ends, state: &AtomicU8) {
    from.look_up();
    let mut bytes = [0; 16_384];
    loop {
        let read = from.read(&mut bytes);
        if is_cut(state) {
            return;
        }
        match read {
            Ok(0) => break,
            Ok(length) if to.write_all(&bytes[..length]).is_ok() => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => {}
            Ok(_) | Err(_) => break,
        }
    }
    from.end();
    to.end();
}

/// Keeps the connection and says nothing on it, until the other side gives it up.
fn never_answer(client: &TcpStream) {
    let _ = client.set_read_timeout(None);
    let mut client = client;
    let _ = std::io::copy(&mut client, &mut std::io::sink());
}

trait Ends {
    fn look_up(&self);
    fn end(&self);
}

macro_rules! ends {
    ($($stream:ty),+) => {
        $(impl Ends for $stream {
            fn look_up(&self) {
                // Long enough to cost nothing, short enough to notice the cut.
                let _ = self.set_read_timeout(Some(Duration::from_millis(50)));
            }
            fn end(&self) {
                let _ = self.shutdown(Shutdown::Both);
            }
        })+
    };
}

ends!(TcpStream, UnixStream);

/// No request hangs: each is answered within this, and the machine may be busy.
const BOUND: Duration = Duration::from_secs(15);

/// While the database is away: what writes, and what asks for more than memory knows, is turned
/// away in time; `/readyz` says why without saying of what.
fn expect_out_of_service(house: &House, token: &str) {
    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let asked = Instant::now();
                expect_unavailable(&house.client_credentials());
                assert!(asked.elapsed() < BOUND, "{:?}", asked.elapsed());
            });
        }
    });
    eventually("it is not ready", || house.readyz().status == 503);
    let ready = house.readyz();
    assert!(ready.header("retry-after").is_some());
    expect_discreet(&ready.text());
    // Revocations may have been missed by now, and nobody can be asked.
    eventually("introspection is out of service", || {
        let answer = house.introspect(token);
        assert!(
            answer.status == 503 || answer.json()["active"] == true,
            "{}",
            answer.text()
        );
        answer.status == 503
    });
    for _ in 0..5 {
        let asked = Instant::now();
        expect_unavailable(&house.introspect(token));
        expect_unavailable(&house.client_credentials());
        assert!(asked.elapsed() < BOUND * 2);
        sleep(Duration::from_millis(200));
    }
    // What is in memory goes on.
    let _ = house.discovery().expect_status(200);
}

fn expect_back_in_service(house: &House, token: &str) {
    let back = Instant::now();
    eventually("writes are taken again", || {
        house.client_credentials().status == 200
    });
    assert!(
        back.elapsed() < Duration::from_secs(40),
        "{:?}",
        back.elapsed()
    );
    // Not one lucky connection: a crowd of them, all alive.
    scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                let asked = Instant::now();
                let _ = house.client_credentials().expect_status(200);
                assert!(asked.elapsed() < BOUND);
            });
        }
    });
    house.recovers();
    let seen = house.introspect(token).expect_status(200);
    assert_eq!(seen.json()["active"], true);
    eventually("the log says that the feed is back", || {
        house.times_said("the change feed is read again") > 0
    });
    // Said by episode and not by request, of which there were dozens.
    let warned = house.times_said(": answering with 503 until that is over");
    assert!((1..=8).contains(&warned), "{warned}: {}", house.said());
}

#[test]
fn a_restart_of_postgresql_is_a_short_pause() {
    let cluster = OwnCluster::start();
    let url = cluster.url();
    let house = Plan::demo()
        .flag("--storage", "postgres")
        .flag("--database-url", &url)
        .start();
    let app = house.app();
    let signed_in = app.redeem(&house.code(&app)).expect_status(200);
    for _ in 0..3 {
        cluster.restart();
        eventually("writes are taken", || {
            house.client_credentials().status == 200
        });
    }
    let refresh = signed_in.field("refresh_token");
    let _ = app.refresh(&refresh).expect_status(200);
    house.recovers();
}

#[test]
fn while_postgresql_is_stopped_there_is_503_and_afterwards_service() {
    let cluster = OwnCluster::start();
    let house = Plan::demo()
        .flag("--storage", "postgres")
        .flag("--database-url", &cluster.url())
        .start();
    let token = house
        .client_credentials()
        .expect_status(200)
        .field("access_token");
    cluster.stop();
    expect_out_of_service(&house, &token);
    cluster.start_again();
    expect_back_in_service(&house, &token);
}

#[test]
fn a_cut_wire_to_postgresql_hangs_nobody_and_is_forgotten_when_it_is_mended() {
    let cluster = OwnCluster::start();
    let proxy = Proxy::to(&cluster.socket());
    let url = format!("postgres://gatelodge@127.0.0.1:{}/postgres", proxy.port);
    let house = Plan::demo()
        .flag("--storage", "postgres")
        .flag("--database-url", &url)
        .start();
    // Every connection of the pool is open and in use when it happens.
    scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| house.client_credentials().expect_status(200));
        }
    });
    let token = house
        .client_credentials()
        .expect_status(200)
        .field("access_token");
    proxy.becomes(Wire::Cut);
    expect_out_of_service(&house, &token);
    proxy.becomes(Wire::Whole);
    expect_back_in_service(&house, &token);
}

#[test]
fn what_was_revoked_before_the_database_went_stays_revoked() {
    let cluster = OwnCluster::start();
    let house = Plan::demo()
        .flag("--storage", "postgres")
        .flag("--database-url", &cluster.url())
        .start();
    let app = house.app();
    let first = app.redeem(&house.code(&app)).expect_status(200);
    let token = first.field("access_token");
    let _ = app
        .authenticated_post("/oauth2/revoke", &[("token", &token)])
        .expect_status(200);
    cluster.stop();
    sleep(Duration::from_secs(3));
    // Who cannot be asked knows nothing; but nobody says that it is good.
    let status = app.userinfo(&token).status;
    assert!(matches!(status, 401 | 503), "{status}");
    let answer = house.introspect(&token);
    assert!(
        answer.status == 503 || answer.json()["active"] == false,
        "{}",
        answer.text()
    );
}
