//! What a request costs the database, by the number of nodes: it should not grow with them.
//!
//! Statements and their time are PostgreSQL's own count (`pg_stat_statements`). What nodes do by
//! themselves (polling the feed, announcing themselves, sealing) is told apart by its text, and
//! shown by the second; what begins and ends a transaction is the same for both and left out.
//! PostgreSQL counts no locks, so the waiting ones are looked for at short intervals.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gatelodge_testkit::postgres;

use crate::{Cluster, Plan};

const IDLE: Duration = Duration::from_secs(5);
/// What nodes do by themselves.
const BY_THEMSELVES: &str = "query ~ 'FROM changes|\"jobs\"|audit_seals|pg_current_xact_id|\
    pg_snapshot_xmin|advisory|position, digest FROM audit_events|clock_timestamp'";
/// What requests ask for.
const BY_REQUESTS: &str = "NOT query ~ 'FROM changes|\"jobs\"|audit_seals|pg_current_xact_id|\
    pg_snapshot_xmin|advisory|position, digest FROM audit_events|clock_timestamp|^BEGIN|^COMMIT|\
    ^ROLLBACK|^SET|pg_stat_|pg_locks|CREATE EXTENSION'";

/// Figures of one cluster.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// How many nodes.
    pub nodes: usize,
    /// Statements a second that the nodes make by themselves.
    pub idle_statements: f64,
    /// Milliseconds of database time a second that those take.
    pub idle_ms: f64,
    /// Statements of one request.
    pub statements: f64,
    /// Milliseconds of database time of one request.
    pub ms: f64,
    /// Locks that somebody waited for, over all looks.
    pub waiting_locks: u64,
    /// How often it was looked.
    pub looks: u64,
    /// Deadlocks.
    pub deadlocks: u64,
}

/// Makes the database count statements. Restarts it, so nobody may be using it.
pub fn count_statements(database: &postgres::Database) {
    let _ = database.sql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
    postgres::stop_at_once();
    postgres::start_again();
    let _ = database.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
}

/// Measures clusters of one to that many nodes, with that many walks each.
pub fn by_nodes(most: usize, requests: usize, binary: &Path) -> Vec<Cost> {
    (1..=most)
        .map(|nodes| {
            let cluster = Cluster::start(&Plan::of(nodes, binary));
            let _ = cluster
                .database
                .sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
            of(&cluster, requests)
        })
        .collect()
}

fn of(cluster: &Cluster, requests: usize) -> Cost {
    let nodes = cluster.nodes.len();
    // Caches are filled and sessions are made before anything is counted.
    walk(cluster, 3);
    let (idle_statements, idle_ms) = during(cluster, BY_THEMSELVES, || {
        std::thread::sleep(IDLE);
    });
    let over = AtomicBool::new(false);
    let mut totals = (0.0, 0.0);
    let mut made = 0;
    let (waiting_locks, looks) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| watch_locks(cluster, &over));
        totals = during(cluster, BY_REQUESTS, || made = walk(cluster, requests));
        over.store(true, Ordering::Relaxed);
        watch.join().unwrap()
    });
    let (made, idle) = (f64::from(made), IDLE.as_secs_f64());
    let deadlocks = cluster
        .database
        .sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    Cost {
        nodes,
        idle_statements: idle_statements / idle,
        idle_ms: idle_ms / idle,
        statements: totals.0 / made,
        ms: totals.1 / made,
        waiting_locks,
        looks,
        deadlocks: deadlocks.trim().parse().unwrap(),
    }
}

/// Walks the roads: machine token, introspection, code, refresh, userinfo. How many requests.
fn walk(cluster: &Cluster, times: usize) -> u32 {
    let machine = cluster.confidential_client();
    let party = cluster.public_client();
    let mut refresh = party
        .redeem(&cluster.code(&party))
        .expect_status(200)
        .field("refresh_token");
    let mut made = 0;
    for _ in 0..times {
        let token = machine.token(&[("grant_type", "client_credentials")]);
        let token = token.expect_status(200).field("access_token");
        let asked = machine.authenticated_post("/oauth2/introspect", &[("token", &token)]);
        let _ = asked.expect_status(200);
        let tokens = party.refresh(&refresh).expect_status(200);
        refresh = tokens.field("refresh_token");
        let _ = party
            .userinfo(&tokens.field("access_token"))
            .expect_status(200);
        made += 4;
    }
    made
}

/// Calls of such statements, and their milliseconds, while that was done.
fn during(cluster: &Cluster, such: &str, work: impl FnOnce()) -> (f64, f64) {
    let _ = cluster.database.sql("SELECT pg_stat_statements_reset()");
    work();
    let answer = cluster.database.sql(&format!(
        "SELECT coalesce(sum(calls), 0) || ' ' || coalesce(sum(total_exec_time), 0) \
         FROM pg_stat_statements \
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND {such}"
    ));
    let (calls, ms) = answer.trim().split_once(' ').unwrap();
    (calls.parse().unwrap(), ms.parse().unwrap())
}

fn watch_locks(cluster: &Cluster, over: &AtomicBool) -> (u64, u64) {
    let (mut waiting, mut looks) = (0, 0);
    while !over.load(Ordering::Relaxed) {
        let count = cluster
            .database
            .sql("SELECT count(*) FROM pg_locks WHERE NOT granted");
        waiting += count.trim().parse::<u64>().unwrap();
        looks += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    (waiting, looks)
}
