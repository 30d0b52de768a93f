//! A collector of traces that is not there, or takes what it is sent and never answers: nobody
//! waits for it.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use gatelodge_testkit::free_port;

use crate::house::{Plan, eventually};

const SPANS: &str = "gatelodge_trace_spans_total";

#[test]
fn a_dead_collector_costs_a_line_of_the_log_and_a_count() {
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let house = Plan::demo()
        .setting("telemetry.endpoint", &endpoint)
        .start();
    let began = Instant::now();
    for _ in 0..20 {
        let _ = house.client_credentials().expect_status(200);
    }
    assert!(began.elapsed() < Duration::from_secs(30), "nobody waits");
    let refused = format!("{SPANS}{{outcome=\"refused\"}}");
    eventually("spans are counted as lost", || house.figure(&refused) > 40);
    // Every round of probes is one more try.
    eventually("it is tried again", || house.figure(&refused) > 60);
    assert_eq!(house.times_said("the collector does not take traces"), 1);
    assert_eq!(house.figure(&format!("{SPANS}{{outcome=\"exported\"}}")), 0);
    house.is_well();
}

#[test]
fn a_collector_that_never_answers_holds_up_no_request_and_no_end() {
    // Connections are taken by the system, and nobody reads them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // Two seconds for the last export, and a little for the connections; another export has five.
    // One of a few: the machine may stand still for a while, but not each time.
    let is_quick = (0..3).any(|_| end_beside(&endpoint) < Duration::from_secs(4));
    assert!(is_quick, "who never answers is waited for");
}

/// How long a server takes to end while its collector keeps an export waiting.
fn end_beside(endpoint: &str) -> Duration {
    let mut house = Plan::demo().setting("telemetry.endpoint", endpoint).start();
    let dropped = format!("{SPANS}{{outcome=\"dropped\"}}");
    let began = Instant::now();
    // More than the queue holds while the first export waits.
    while house.figure(&dropped) == 0 {
        for _ in 0..500 {
            let _ = house.discovery().expect_status(200);
        }
        assert!(began.elapsed() < Duration::from_mins(3), "never dropped");
    }
    let _ = house.client_credentials().expect_status(200);
    let began = Instant::now();
    assert_eq!(house.stop(), Some(0));
    began.elapsed()
}
