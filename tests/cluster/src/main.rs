//! `cargo xtask cluster`: everything that several nodes promise together, on loopback.
//!
//! ```text
//! gatelodge-cluster [--short] [--binary SERVER] [--previous SERVER]
//! gatelodge-cluster serve …      a cluster that looks like one server, for foreign clients
//! ```

#![expect(
    clippy::expect_used,
    reason = "a story that cannot go on must say where it stopped"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use gatelodge_cluster::front::Front;
use gatelodge_cluster::jobs::{
    announced, doubled_keys, holder, rounds_of_cleaning, seals, spare_keys,
};
use gatelodge_cluster::stopwatch::{now, until};
use gatelodge_cluster::{
    Cluster, Notifications, Plan, cost, documents, lockout, promises, races, restarts, strangers,
};
use gatelodge_testkit::postgres::Database;

/// What was asked for.
struct Wishes {
    nodes: usize,
    short: bool,
    binary: PathBuf,
    previous: Option<PathBuf>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "serve") {
        return match Front::parse(&words) {
            Ok(front) => {
                front.serve(3, &beside());
                ExitCode::SUCCESS
            }
            Err(complaint) => complain(&complaint),
        };
    }
    match parse(&words) {
        Ok(wishes) => {
            run(&wishes);
            ExitCode::SUCCESS
        }
        Err(complaint) => complain(&complaint),
    }
}

/// The server that was built with this program.
fn beside() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.with_file_name("gatelodge")
}

fn complain(complaint: &str) -> ExitCode {
    eprintln!("gatelodge-cluster: {complaint}");
    ExitCode::from(2)
}

fn parse(words: &[String]) -> Result<Wishes, String> {
    let mut wishes = Wishes {
        nodes: 3,
        short: false,
        binary: beside(),
        previous: None,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--short" => (wishes.nodes, wishes.short) = (2, true),
            "--binary" => wishes.binary = words.next().ok_or("--binary needs a path")?.into(),
            "--previous" => {
                let path = words.next().ok_or("--previous needs a binary")?;
                wishes.previous = Some(path.into());
            }
            other => return Err(format!("there is no `{other}`")),
        }
    }
    Ok(wishes)
}

fn run(wishes: &Wishes) {
    let scratch = Database::create();
    cost::count_statements(&scratch);

    let began = now();
    let mut cluster = Cluster::start(&Plan::of(wishes.nodes, &wishes.binary));
    step("jobs run once", || jobs_run_once(&cluster, began.elapsed()));
    step("within a second, with notifications", || {
        within_a_second(&cluster);
    });
    step("lockout counts across nodes", || {
        lockout::counts_across_nodes(&cluster);
        lockout::an_address_has_a_share_of_each_node(&cluster);
    });
    step("64 at once", || {
        races::one_code_buys_one_answer(&cluster);
        races::one_refresh_token_is_rotated_once(&cluster);
        races::one_link_makes_one_administrator(&cluster);
    });
    step("other master keys", || strangers::are_refused(&cluster));
    step("every node is restarted under load", || {
        let met = restarts::replace_every_node(&mut cluster);
        println!("    {} requests, none failed", met.served);
        restarts::a_leaving_node_is_not_ready(&mut cluster);
    });
    step("the database is restarted under load", || {
        let met = restarts::restart_the_database(&cluster);
        println!(
            "    {} served, {} turned away, the slowest answer in {:?}",
            met.served, met.turned_away, met.slowest
        );
    });
    step("the trail is sealed once", || {
        let (count, whole) = seals(&cluster);
        assert!(whole, "the seals do not follow each other");
        println!("    {count} seals, each after its predecessor");
    });
    step("the trail is partitioned under load", || {
        let met = documents::the_trail_is_partitioned(&cluster);
        println!("    {} requests, none failed", met.served);
    });
    if !wishes.short {
        step("a dead node's leases end", || {
            a_dead_nodes_leases_end(&mut cluster);
        });
    }
    step("nginx takes the example of the documents", || {
        documents::the_nginx_example_is_valid(cluster.folder());
    });
    drop(cluster);

    step("within a second, by polling alone", || {
        let plan = Plan {
            notifications: Notifications::Off,
            ..Plan::of(wishes.nodes, &wishes.binary)
        };
        within_a_second(&Cluster::start(&plan));
    });
    if let Some(previous) = &wishes.previous {
        step("an upgrade, node by node, under load", || {
            upgrade(previous, wishes);
        });
    }
    let (most, requests) = if wishes.short { (2, 50) } else { (3, 300) };
    step("what a request costs the database", || {
        costs(most, requests, &wishes.binary);
    });
}

fn step(name: &str, work: impl FnOnce()) {
    println!("==> {name}");
    let began = now();
    work();
    println!("<== {name}: ok in {:.1} s", began.elapsed().as_secs_f64());
}

fn within_a_second(cluster: &Cluster) {
    for honoured in promises::keep(cluster) {
        println!(
            "    {} was honoured by every node within {:?}",
            honoured.what, honoured.took
        );
    }
}

/// Every node looks for work as soon as it starts, and one gets it.
fn jobs_run_once(cluster: &Cluster, running: Duration) {
    let nodes = cluster.nodes.len() as u64;
    let seen = until(Duration::from_secs(30), || announced(cluster) == nodes);
    assert!(seen.is_some(), "not every node announced itself");
    let _ = cluster
        .database
        .sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    let begun = until(Duration::from_secs(30), || rounds_of_cleaning(cluster) > 0);
    assert!(begun.is_some(), "nobody cleans up");
    let rounds = rounds_of_cleaning(cluster);
    // The holder goes on once a minute.
    let most = 1 + running.as_secs() / 60;
    assert!(rounds <= most, "{rounds} rounds of cleaning");
    let made = until(Duration::from_mins(3), || spare_keys(cluster) > 0);
    assert!(made.is_some(), "nobody maintains keys");
    assert_eq!(doubled_keys(cluster), 0, "two nodes made the same key");
    println!("    {nodes} nodes announced themselves; {rounds} round of cleaning up was made");
}

fn a_dead_nodes_leases_end(cluster: &mut Cluster) {
    let before = holder(cluster, "sweep");
    // Whichever holds it is among those that are killed; the last one has to take over.
    let last = cluster.nodes.len() - 1;
    for node in &mut cluster.nodes[..last] {
        node.kill();
    }
    let forgotten = until(Duration::from_mins(1), || announced(cluster) == 1);
    let forgotten = forgotten.expect("dead nodes are forgotten");
    println!("    dead nodes were forgotten after {forgotten:?}");
    let taken = until(Duration::from_mins(4), || {
        let now = holder(cluster, "sweep");
        now != before || still_holds(cluster, &now)
    });
    let taken = taken.expect("somebody takes the job over");
    println!("    their job was taken over after {taken:?}");
    for node in 0..last {
        cluster.revive(node);
    }
}

/// Whether the survivor held the job from the beginning: it prolongs its lease.
fn still_holds(cluster: &Cluster, holder: &str) -> bool {
    let prolonged = cluster.database.sql(&format!(
        "SELECT count(*) FROM jobs WHERE job = 'sweep' AND encode(holder, 'hex') = '{holder}' \
         AND until > extract(epoch FROM clock_timestamp()) * 1000 + 80000"
    ));
    prolonged.trim() == "1"
}

fn upgrade(previous: &Path, wishes: &Wishes) {
    let plan = Plan {
        previous: Some(previous.to_owned()),
        ..Plan::of(wishes.nodes, &wishes.binary)
    };
    let mut cluster = Cluster::start(&plan);
    let before = cluster
        .database
        .sql("SELECT max(version) FROM schema_steps");
    // This release beside the one before, both ways.
    cluster.replace(0);
    promises::a_sign_in_goes_from_node_to_node(&cluster, 0, 1);
    promises::a_sign_in_goes_from_node_to_node(&cluster, 1, 0);
    let met = restarts::replace_every_node(&mut cluster);
    let after = cluster
        .database
        .sql("SELECT max(version) FROM schema_steps");
    println!(
        "    schema {} became {}; {} requests meanwhile, none failed",
        before.trim(),
        after.trim(),
        met.served
    );
    within_a_second(&cluster);
    let (count, whole) = seals(&cluster);
    assert!(whole, "the seals of two releases do not follow each other");
    println!("    {count} seals of both releases, each after its predecessor");
}

fn costs(most: usize, requests: usize, binary: &Path) {
    println!(
        "    nodes  statements/request  ms/request  idle statements/s  idle ms/s  waiting locks  deadlocks"
    );
    for cost in cost::by_nodes(most, requests, binary) {
        println!(
            "    {:>5}  {:>18.2}  {:>10.3}  {:>17.1}  {:>9.2}  {:>6}/{:<6}  {:>9}",
            cost.nodes,
            cost.statements,
            cost.ms,
            cost.idle_statements,
            cost.idle_ms,
            cost.waiting_locks,
            cost.looks,
            cost.deadlocks
        );
    }
}
