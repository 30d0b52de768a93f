//! Clients that are slow, silent, or gone.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::scope;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::house::{House, Plan, eventually};

/// A connection to the auth port.
fn connect(house: &House) -> TcpStream {
    let stream = TcpStream::connect(house.authority()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    stream
}

/// A token request up to that part of its body.
fn token_request(house: &House, body: &str, length: usize) -> String {
    format!(
        "POST /oauth2/token HTTP/1.1\r\nhost: {}\r\nauthorization: {}\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}",
        house.authority(),
        house.machine_credentials(),
    )
}

/// What the server says until it closes; an error is an end like any other.
fn until_closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// How many sockets the server holds. Its files are not counted: the storage opens those as it
/// needs them.
fn sockets(house: &House) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", house.pid()))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

/// How many of these connections the server still holds at its end: the kernel's table has
/// no inode for a socket that nobody has open any more, though it may be sending yet.
fn held(house: &House, streams: &[&TcpStream]) -> usize {
    let port =
        |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap();
    let theirs: u16 = house
        .authority()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let ours: Vec<u16> = streams
        .iter()
        .map(|stream| stream.local_addr().unwrap().port())
        .collect();
    std::fs::read_to_string("/proc/net/tcp")
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| port(row[1]) == theirs && ours.contains(&port(row[2])) && row[9] != "0")
        .count()
}

const BODY: &str = "grant_type=client_credentials";

#[test]
fn slow_heads_and_bodies_end_by_themselves_and_keep_nobody_out() {
    let house = Plan::demo()
        .setting("limits.head_seconds", "5")
        .setting("limits.body_seconds", "5")
        .setting("limits.in_flight", "2")
        .start();
    let heads: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = connect(&house);
            stream
                .write_all(b"POST /oauth2/token HTTP/1.1\r\nhost: ")
                .unwrap();
            stream
        })
        .collect();
    let bodies: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = connect(&house);
            let begun = token_request(&house, &BODY[..5], BODY.len());
            stream.write_all(begun.as_bytes()).unwrap();
            stream
        })
        .collect();
    // More than may be worked on at a time are under way, and nobody else waits for them.
    for _ in 0..20 {
        let _ = house.client_credentials().expect_status(200);
    }
    for stream in heads {
        let said = until_closed(stream);
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 408"),
            "{said}"
        );
    }
    for stream in bodies {
        let said = until_closed(stream);
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
        assert!(said.contains(r#""error":"invalid_request""#), "{said}");
    }
    house.is_well();
    // The same bytes in time are a request like any other.
    let mut stream = connect(&house);
    let whole = token_request(&house, BODY, BODY.len());
    let (first, rest) = whole.split_at(whole.len() - 3);
    stream.write_all(first.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(rest.as_bytes()).unwrap();
    let mut start = [0; 15];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
}

#[test]
fn who_says_nothing_is_dropped_and_who_has_said_all_is_answered() {
    let house = Plan::demo()
        .setting("limits.head_seconds", "5")
        .setting("limits.keep_alive_seconds", "5")
        .start();
    // Open on one side only: nothing was ever sent, or nothing after an answer.
    let silent: Vec<_> = (0..20).map(|_| connect(&house)).collect();
    let idle: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect(&house);
            let whole = token_request(&house, BODY, BODY.len());
            stream.write_all(whole.as_bytes()).unwrap();
            let mut start = [0; 15];
            stream.read_exact(&mut start).unwrap();
            assert_eq!(&start, b"HTTP/1.1 200 OK");
            stream
        })
        .collect();
    // Closed on one side only: a client that sends no more still reads.
    let mut parting = connect(&house);
    let whole = token_request(&house, BODY, BODY.len());
    parting.write_all(whole.as_bytes()).unwrap();
    parting.shutdown(std::net::Shutdown::Write).unwrap();
    let said = until_closed(parting);
    assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
    for streams in [&silent, &idle] {
        let streams: Vec<_> = streams.iter().collect();
        eventually("none of them is held", || {
            let _ = house.client_credentials().expect_status(200);
            held(&house, &streams) == 0
        });
    }
    house.is_well();
}

#[test]
fn who_never_reads_the_answers_is_dropped() {
    let house = Plan::demo()
        .setting("limits.stalled_seconds", "5")
        .setting("limits.head_seconds", "60")
        .start();
    let request = format!(
        "GET /openapi.json HTTP/1.1\r\nhost: {}\r\n\r\n",
        house.authority()
    );
    let streams: Vec<_> = (0..3)
        .map(|_| {
            let stream = connect(&house);
            SockRef::from(&stream).set_recv_buffer_size(1_024).unwrap();
            stream.set_nonblocking(true).unwrap();
            // As many as it takes, one after the other, and none is read.
            for _ in 0..40 {
                let _ = (&stream).write(request.as_bytes());
            }
            eventually("it is held", || held(&house, &[&stream]) == 1);
            stream
        })
        .collect();
    let streams: Vec<_> = streams.iter().collect();
    let began = Instant::now();
    eventually("none of them is held", || {
        let _ = house.client_credentials().expect_status(200);
        held(&house, &streams) == 0
    });
    // Not because they were idle: that takes longer.
    assert!(
        began.elapsed() < Duration::from_secs(28),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn connections_reset_amid_a_request_leave_nothing_behind() {
    let house = Plan::demo().start();
    let _ = house.client_credentials().expect_status(200);
    let before = sockets(&house);
    for round in 0..10 {
        scope(|scope| {
            for caller in 0..8 {
                let house = &house;
                scope.spawn(move || {
                    for step in 0..10 {
                        reset(house, round * 80 + caller * 10 + step);
                    }
                });
            }
        });
        // No unit was left open: the next one gets its turn.
        let asked = Instant::now();
        let _ = house.client_credentials().expect_status(200);
        assert!(asked.elapsed() < Duration::from_secs(20));
    }
    eventually("no socket is left", || sockets(&house) <= before + 2);
    house.is_well();
    assert_eq!(house.times_said("panic"), 0, "{}", house.said());
}

/// Sends a request, whole or in part, and resets the connection a moment later.
fn reset(house: &House, number: u64) {
    let mut stream = connect(house);
    let whole = token_request(house, BODY, BODY.len());
    let length = match number % 4 {
        0 => whole.len() / 2,
        1 => whole.len() - 4,
        _ => whole.len(),
    };
    stream.write_all(&whole.as_bytes()[..length]).unwrap();
    // At another point of the request each time.
    std::thread::sleep(Duration::from_micros(number * 37 % 4_000));
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}
