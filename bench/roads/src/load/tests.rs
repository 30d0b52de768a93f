//! The generator against a server of a few lines.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::*;

/// Answers every request, in two pieces, until its client is gone; a request that has `503` in
/// it is asked to come back, one that has `die` in it never gets an answer.
fn serve() -> SocketAddr {
    serve_but_give_up(None)
}

/// The same, but the connection with that number hears 408 before it asks for anything.
fn serve_but_give_up(waited_for: Option<usize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            stream.set_nodelay(true).unwrap();
            if waited_for == Some(number) {
                let late = b"HTTP/1.1 408 Late\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.write_all(late).unwrap();
                continue;
            }
            thread::spawn(move || {
                let mut buffer = [0; 1_024];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                    if text.contains("die") {
                        return;
                    }
                    let status = if text.contains("503") {
                        "503 No"
                    } else {
                        "200 OK"
                    };
                    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n");
                    let sent = stream
                        .write_all(head.as_bytes())
                        .and_then(|()| stream.write_all(b"ok"));
                    if sent.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Every run here ends long before, however slow the machine is.
const LONG: Duration = Duration::from_mins(1);

/// A number of requests with a word in each; every operation is two of them.
struct Words {
    left: u32,
    word: &'static str,
    second: Vec<bool>,
}

impl Script for Words {
    fn request(&mut self, lane: usize, out: &mut Vec<u8>) -> bool {
        if !self.second[lane] {
            if self.left == 0 {
                return false;
            }
            self.left -= 1;
        }
        out.extend_from_slice(format!("GET /{} HTTP/1.1\r\n\r\n", self.word).as_bytes());
        true
    }

    fn answer(&mut self, lane: usize, response: &Response<'_>) -> Verdict {
        if response.status == 503 {
            return Verdict::Shed(Duration::from_millis(1));
        }
        if response.body != b"ok" {
            return Verdict::Wrong("not ok".to_owned());
        }
        self.second[lane] = !self.second[lane];
        if self.second[lane] {
            Verdict::Step
        } else {
            Verdict::Done
        }
    }
}

fn run_words(word: &'static str, left: u32, pace: Pace) -> Outcome {
    let load = Load {
        address: serve(),
        connections: 4,
        pace,
        ramp: Duration::ZERO,
        time: LONG,
    };
    let mut script = Words {
        left,
        word,
        second: vec![false; 4],
    };
    run(&load, &mut script).unwrap()
}

#[test]
fn a_script_that_runs_out_ends_the_run_and_every_operation_counts_once() {
    let outcome = run_words("x", 100, Pace::Closed);
    assert_eq!((outcome.done, outcome.wrong, outcome.lost), (100, 0, 0));
    assert!(outcome.elapsed < LONG);
    assert!(outcome.per_second() > 1.0);
    assert!(outcome.latency.quantile_ms(0.5) > 0.0);
}

#[test]
fn an_open_loop_begins_operations_at_its_rate() {
    let outcome = run_words("x", 50, Pace::Open(500.0));
    assert_eq!((outcome.done, outcome.lost), (50, 0));
    // The fiftieth is due 98 ms after the first.
    assert!(outcome.elapsed >= Duration::from_millis(98));
}

#[test]
fn what_is_shed_is_counted_apart_and_what_is_never_answered_is_lost() {
    let shed = run_words("503", 8, Pace::Closed);
    assert_eq!((shed.done, shed.shed, shed.wrong), (0, 8, 0));
    let lost = run_words("die", 8, Pace::Closed);
    assert_eq!((lost.done, lost.lost), (0, 8));
    assert!(lost.complaint.is_some());
}

#[test]
fn what_comes_unasked_is_nobodys_answer() {
    let load = Load {
        address: serve_but_give_up(Some(3)),
        connections: 4,
        // One connection is enough for it, and the last is not used before it has been told; it
        // would be where this machine stood still for a second and a half just then.
        pace: Pace::Open(2.0),
        ramp: Duration::ZERO,
        time: LONG,
    };
    let mut script = Words {
        left: 6,
        word: "x",
        second: vec![false; 4],
    };
    let outcome = run(&load, &mut script).unwrap();
    assert_eq!((outcome.done, outcome.wrong, outcome.lost), (6, 0, 0));
}

#[test]
fn what_ends_before_the_ramp_is_over_does_not_count() {
    let load = Load {
        address: serve(),
        connections: 4,
        pace: Pace::Closed,
        ramp: Duration::from_hours(1),
        time: LONG,
    };
    let mut script = Words {
        left: 20,
        word: "x",
        second: vec![false; 4],
    };
    let outcome = run(&load, &mut script).unwrap();
    assert_eq!((outcome.done, outcome.ended), (0, 20));
    assert!(outcome.per_second().abs() < f64::EPSILON);
}
