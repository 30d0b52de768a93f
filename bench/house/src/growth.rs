//! Growth: a house with a million people, a million refresh families and five million audit
//! events against an empty one, both up, asked in turns.
//!
//! Both files are read from end to end before each road, so that what is compared are the two
//! houses and not a file that lies in memory with one that lies on the disk: that of a server
//! which has run for a while is in memory as far as it is asked for, while this one was just
//! filled or copied, and some kernels take pages away that nobody asked for in half a minute.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use gatelodge_bench_fill::{Filled, Plan};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::Failed;
use crate::folder::{Encryption, Folder};
use crate::options::Options;
use crate::pages;
use crate::player::{Player, Road};
use crate::report::{Report, median, quantile, rounded};
use crate::server::Server;
use crate::sweeps::{KINDS, sweep_all};

const ROADS: [Road; 5] = [
    Road::ClientCredentials,
    Road::Refresh,
    Road::Code,
    Road::Introspection,
    Road::SignIn,
];

const RATIO: f64 = 1.3;
const PAGE: f64 = 100.0;
const BATCH: f64 = 20.0;

/// Measures and reports.
pub(crate) fn measure(options: &Options, root: &Path, report: &mut Report) -> Result<(), Failed> {
    let empty = Folder::new(&options.server, root.join("empty"), Encryption::Plain);
    let empty_facts = Arc::new(empty.make(&empty_plan())?);
    let mut growth = Map::new();
    let (filled, filled_facts) = filled(options, root, &mut growth)?;
    growth.insert("sweep_ms".to_owned(), sweeps(&filled, report)?);

    let servers = [Server::start(&empty, &[])?, Server::start(&filled, &[])?];
    let mut players = [
        Player::new(&empty, &empty_facts, 0, 1)?,
        Player::new(&filled, &filled_facts, 0, 1)?,
    ];
    let (mut ratios, mut times) = (Map::new(), [Map::new(), Map::new()]);
    for road in ROADS {
        for folder in [&empty, &filled] {
            read_whole(folder)?;
        }
        for player in &mut players {
            // Nothing came for longer than the server waits.
            player.reconnect()?;
        }
        let rounds = match road {
            Road::SignIn => options.size(60, 10),
            _ => options.size(1_000, 50),
        };
        let [empty, filled] = alternate(&mut players, road, rounds)?;
        let ratio = filled / empty;
        // Every sign-in takes as long as the slowest of the last twenty minutes on its server,
        // so that says nothing of the house.
        if road != Road::SignIn {
            report.held(&format!("growth, {}", road.name()), ratio, RATIO, "x");
        }
        ratios.insert(road.name().to_owned(), rounded(ratio));
        for (times, p50) in times.iter_mut().zip([empty, filled]) {
            times.insert(road.name().to_owned(), rounded(p50));
        }
    }
    growth.insert("ratio".to_owned(), Value::Object(ratios));
    growth.insert(
        "p50_ms".to_owned(),
        json!({ "empty": times[0], "filled": times[1] }),
    );
    growth.insert("pages_ms".to_owned(), lists(&filled, report)?);
    for server in servers {
        server.stop()?;
    }
    report.figure("growth", Value::Object(growth));
    Ok(())
}

/// Enough that every request has something of its own, and as many clients as in the filled one,
/// because who asks for the first time is looked up.
fn empty_plan() -> Plan {
    Plan {
        clients: 1_000,
        users: 2_000,
        members: 2_000,
        sessions: 2_000,
        consents: 2_000,
        families: 2_000,
        ..Plan::default()
    }
}

/// The filled house: from an earlier run, or filled now.
fn filled(
    options: &Options,
    root: &Path,
    growth: &mut Map<String, Value>,
) -> Result<(Folder, Arc<Filled>), Failed> {
    let place = options
        .filled
        .clone()
        .unwrap_or_else(|| root.join("filled"));
    if place.exists() {
        let (folder, facts) = Folder::reopened(&options.server, place)?;
        return Ok((folder, Arc::new(facts)));
    }
    let folder = Folder::new(&options.server, place, Encryption::Plain);
    let million = options.size(1_000_000, 5_000);
    let plan = Plan {
        clients: 1_000,
        users: million,
        members: million / 10,
        sessions: million / 10,
        consents: million / 10,
        families: million,
        events: million * 5,
        // Of each of four kinds.
        expired: million / 4,
        ..Plan::default()
    };
    let begun = Instant::now();
    let facts = folder.make(&plan)?;
    growth.insert(
        "fill_seconds".to_owned(),
        rounded(begun.elapsed().as_secs_f64()),
    );
    let rows = json!({
        "users": plan.users,
        "refresh_families": plan.families,
        "audit_events": plan.events,
        "expired": plan.expired * 4,
    });
    growth.insert("rows".to_owned(), rows);
    Ok((folder, Arc::new(facts)))
}

/// Has the kernel hold a folder's database in memory.
fn read_whole(folder: &Folder) -> io::Result<()> {
    let mut file = File::open(folder.data_dir.join("gatelodge.db"))?;
    let mut piece = vec![0; 1 << 20];
    while file.read(&mut piece)? > 0 {}
    Ok(())
}

/// The clean-up, before a server does it.
fn sweeps(filled: &Folder, report: &mut Report) -> Result<Value, Failed> {
    let mut document = Map::new();
    for kind in KINDS {
        let (mut times, rows) = filled.with_house(async |house| sweep_all(house, kind).await)?;
        let most = quantile(&mut times, 1.0);
        let facts = json!({
            "rows": rows,
            "units": times.len(),
            "p50": rounded(median(&mut times)),
            "p99": rounded(quantile(&mut times, 0.99)),
            "max": rounded(most),
        });
        document.insert(kind.name().to_owned(), facts);
        // One batch in a hundred may wait for the disk at a checkpoint.
        let p99 = quantile(&mut times, 0.99);
        report.held(
            &format!("clean-up batch, {}, p99", kind.name()),
            p99,
            BATCH,
            "ms",
        );
    }
    Ok(Value::Object(document))
}

/// The median time of a road on each, in milliseconds, asked in turns.
fn alternate(players: &mut [Player; 2], road: Road, rounds: usize) -> io::Result<[f64; 2]> {
    let mut times = [Vec::new(), Vec::new()];
    let warm_up = rounds / 10;
    for round in 0..rounds + warm_up {
        for (player, times) in players.iter_mut().zip(&mut times) {
            player.prepare(road)?;
            let begun = Instant::now();
            player.go(road)?;
            if round >= warm_up {
                times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            }
        }
    }
    let [empty, filled] = &mut times;
    Ok([median(empty), median(filled)])
}

/// Every list of the admin API.
fn lists(filled: &Folder, report: &mut Report) -> Result<Value, Failed> {
    let mut asked = pages::ask_all(filled)?;
    asked.sort_by(|one, other| other.1.total_cmp(&one.1));
    let count = asked.len();
    let slowest = asked.first().map_or(0.0, |(_, time)| *time);
    report.held(
        &format!("slowest of {count} list pages"),
        slowest,
        PAGE,
        "ms",
    );
    println!("slowest pages of {count}:");
    let mut document = Map::new();
    for (page, time) in asked.into_iter().take(20) {
        println!("{time:>10.1} ms  {page}");
        document.insert(page, rounded(time));
    }
    Ok(json!({ "asked": count, "slowest": document }))
}
