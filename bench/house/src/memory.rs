//! Anonymous resident memory: at rest, under 256 connections of mixed load, and afterwards.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, sleep};
use std::time::Duration;

use gatelodge_bench_fill::{Filled, Plan};
use serde_json::json;
use tokio::time::Instant;

use crate::Failed;
use crate::folder::{Encryption, Folder};
use crate::options::Options;
use crate::player::{Player, Road};
use crate::report::{Report, rounded};
use crate::server::Server;

/// How long after it is ready a server counts as being at rest.
const SETTLED: Duration = Duration::from_secs(5);
const AFTERWARDS: Duration = Duration::from_mins(1);
const CONNECTIONS: usize = 256;
/// What one hashing thread fills with the built-in cost, in MiB.
const HASH: f64 = 19.0;

/// A hundred requests, mixed as a busy house sees them.
const MIX: [(Road, usize); 6] = [
    (Road::ClientCredentials, 40),
    (Road::Introspection, 20),
    (Road::Refresh, 15),
    (Road::Code, 10),
    (Road::Discovery, 10),
    (Road::SignIn, 5),
];

/// Measures and reports.
pub(crate) fn measure(options: &Options, root: &Path, report: &mut Report) -> Result<(), Failed> {
    let folder = Folder::new(&options.server, root.join("memory"), Encryption::Plain);
    let people = options.size(10_000, 500);
    let facts = Arc::new(folder.make(&Plan {
        clients: options.size(10_000, 100),
        users: people,
        sessions: people,
        consents: people,
        families: people,
        events: people,
        ..Plan::default()
    })?);
    let first = first_start(options, root)?;
    let server = Server::start(&folder, &[])?;
    sleep(SETTLED);
    let ready = server.anonymous_mib()?;
    let time = Duration::from_secs(options.size(30, 5));
    let (loaded, answered) = under_load(&folder, &facts, &server, time)?;
    println!("{answered} requests answered");
    sleep(options.size(AFTERWARDS, Duration::from_secs(15)));
    let after = server.anonymous_mib()?;
    server.stop()?;

    #[expect(clippy::cast_precision_loss, reason = "a number of processors")]
    let threads = std::thread::available_parallelism()?.get() as f64;
    report.held("memory, 5 s after the first start", first, 40.0, "MiB");
    report.held("memory, 5 s after a start", ready, 40.0, "MiB");
    let most = 120.0 + HASH * threads;
    report.held("memory, 256 connections, hashing", loaded, most, "MiB");
    report.held("memory, 60 s later", after, 60.0, "MiB");
    report.figure(
        "rss_mib",
        json!({
            "ready_first_start": rounded(first),
            "ready": rounded(ready),
            "loaded_256": rounded(loaded),
            "after_60s": rounded(after),
        }),
    );
    Ok(())
}

/// The demonstration's first start does most: it makes keys and hashes passwords.
fn first_start(options: &Options, root: &Path) -> Result<f64, Failed> {
    let folder = Folder::new(&options.server, root.join("demo"), Encryption::Plain);
    let server = Server::start(&folder, &["--demo"])?;
    sleep(SETTLED);
    let resident = server.anonymous_mib()?;
    server.stop()?;
    Ok(resident)
}

/// The most that was resident while everybody plays, and how many requests were answered.
fn under_load(
    folder: &Folder,
    facts: &Arc<Filled>,
    server: &Server,
    time: Duration,
) -> Result<(f64, u64), Failed> {
    let (over, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for number in 0..CONNECTIONS {
            let mut player = Player::new(folder, facts, number, CONNECTIONS)?;
            let (over, answered) = (&over, &answered);
            let work = move || play(&mut player, number, over, answered);
            let thread = Builder::new().stack_size(256 * 1024);
            threads.push(thread.spawn_scoped(scope, work)?);
        }
        let begun = Instant::now();
        let mut most: f64 = 0.0;
        while begun.elapsed() < time {
            sleep(Duration::from_millis(200));
            most = most.max(server.anonymous_mib()?);
        }
        over.store(true, Ordering::Relaxed);
        Ok::<f64, Failed>(most)
    })
    .map(|most| (most, answered.load(Ordering::Relaxed)))
}

/// Goes road after road. A refused request is no failure here: a full hashing queue sheds load.
fn play(player: &mut Player, number: usize, over: &AtomicBool, answered: &AtomicU64) {
    let roads = MIX.iter().flat_map(|&(road, share)| [road].repeat(share));
    let roads: Vec<Road> = roads.collect();
    let mut turn = number * 37;
    while !over.load(Ordering::Relaxed) {
        // A step that has no divisor in common with a hundred meets every road.
        turn = (turn + 29) % roads.len();
        let gone = player
            .prepare(roads[turn])
            .and_then(|()| player.go(roads[turn]));
        match gone {
            Ok(()) => {
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) if player.reconnect().is_err() => sleep(Duration::from_millis(10)),
            Err(_) => {}
        }
    }
}
