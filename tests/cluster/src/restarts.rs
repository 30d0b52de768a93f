//! Nodes and the database are stopped and started again under load.

use std::time::Duration;

use gatelodge_testkit::postgres;

use crate::Cluster;
use crate::load::{Load, Met};
use crate::stopwatch::until;

const WORKERS: usize = 4;
/// Longest answer while the database is away: what a request waits for a connection and for a
/// statement, and the machine's own slowness.
const BOUNDED: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_mins(2);

/// Each node in turn is stopped, and this release comes back in its place; no request may fail.
pub fn replace_every_node(cluster: &mut Cluster) -> Met {
    let load = Load::start(cluster, WORKERS);
    for node in 0..cluster.nodes.len() {
        cluster.replace(node);
    }
    let met = load.stop();
    assert_eq!(met.failed, Vec::<String>::new(), "requests failed");
    assert_eq!(met.turned_away, 0, "requests were turned away");
    assert!(met.served > 100, "{met:?}");
    met
}

/// A node says that it is leaving before it stops, and finishes what it has begun.
pub fn a_leaving_node_is_not_ready(cluster: &mut Cluster) {
    cluster.proxy.take_out(0);
    // It goes on for long enough that somebody sees it.
    assert_eq!(cluster.nodes[0].stop(), Some(0));
    cluster.start_with(0, "GATELODGE__LIMITS__DRAIN_SECONDS", "5");
    let node = &mut cluster.nodes[0];
    node.terminate();
    let mut last = None;
    let leaving = until(PATIENCE, || {
        last = node.readiness();
        last != Some(200)
    });
    assert!(leaving.is_some());
    assert_eq!(last, Some(503), "it still answers");
    assert_eq!(node.stop(), Some(0));
    cluster.revive(0);
    cluster.proxy.put_in(0);
}

/// The database is gone for a while, and comes back. Whoever asks meanwhile is turned away in
/// bounded time; afterwards every node serves by itself.
pub fn restart_the_database(cluster: &Cluster) -> Met {
    let load = Load::start(cluster, WORKERS);
    std::thread::sleep(Duration::from_secs(1));
    postgres::stop_at_once();
    let noticed = until(PATIENCE, || {
        cluster
            .nodes
            .iter()
            .all(|node| node.readiness() == Some(503))
    });
    assert!(noticed.is_some(), "readiness does not notice");
    std::thread::sleep(Duration::from_secs(2));
    postgres::start_again();
    let back = until(PATIENCE, || {
        cluster
            .nodes
            .iter()
            .all(|node| node.readiness() == Some(200))
    });
    let met = load.stop();
    let back = back.expect("the nodes come back by themselves");
    println!("    all nodes were ready again {back:?} after the database");
    assert!(met.turned_away > 0, "nobody noticed");
    assert!(met.slowest < BOUNDED, "an answer took {:?}", met.slowest);
    assert_eq!(
        met.failed,
        Vec::<String>::new(),
        "neither served nor turned away"
    );
    let after = Load::start(cluster, WORKERS);
    std::thread::sleep(Duration::from_secs(2));
    let after = after.stop();
    assert_eq!((after.turned_away, after.failed), (0, Vec::new()));
    met
}
