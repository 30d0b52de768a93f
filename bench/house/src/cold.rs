//! Cold start: from exec to the first token answered, on a database that exists, beside the time
//! that opening the file alone takes.

use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use gatelodge_bench_fill::{FilledClient, Plan};
use gatelodge_testkit::client::basic;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::Failed;
use crate::folder::{Encryption, Folder};
use crate::options::Options;
use crate::report::{Report, median, rounded};
use crate::server::Server;
use crate::wire::Wire;

/// What a start may take beside opening the file, in milliseconds.
const ALLOWED: f64 = 150.0;

/// Measures and reports.
pub(crate) fn measure(options: &Options, root: &Path, report: &mut Report) -> Result<(), Failed> {
    let (mut starts, mut opens) = (Map::new(), Map::new());
    for (encryption, called) in [
        (Encryption::Plain, "plain"),
        (Encryption::SqlCipher, "sqlcipher"),
    ] {
        for realms in [1, options.size(1_000, 20)] {
            let name = format!("{called}_{}", if realms == 1 { 1 } else { 1_000 });
            let folder = Folder::new(&options.server, root.join(&name), encryption);
            let plan = Plan {
                clients: 1,
                // The default realm is the first one.
                realms: realms - 1,
                ..Plan::default()
            };
            let facts = folder.make(&plan)?;
            let client = facts.clients.first().ok_or("no client was made")?;
            let (mut times, mut files) = (Vec::new(), Vec::new());
            for _ in 0..options.size(20, 3) {
                times.push(millis(start(&folder, client)?));
                files.push(millis(open(&folder)?));
            }
            let (time, file) = (median(&mut times), median(&mut files));
            let what = format!("cold start beside opening the file, {name}");
            report.held(&what, time - file, ALLOWED, "ms");
            starts.insert(name.clone(), rounded(time));
            opens.insert(name, rounded(file));
        }
    }
    report.figure("cold_start_ms", Value::Object(starts));
    report.figure("file_open_ms", Value::Object(opens));
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// From exec to the first token.
fn start(folder: &Folder, client: &FilledClient) -> Result<Duration, Failed> {
    let authorization = basic(&client.client_id, &client.client_secret);
    let begun = Instant::now();
    let server = Server::spawn(folder, &[])?;
    loop {
        match token(folder, &authorization) {
            Ok(()) => break,
            Err(error) if begun.elapsed() > Duration::from_secs(30) => return Err(error.into()),
            Err(_) => sleep(Duration::from_micros(300)),
        }
    }
    let time = begun.elapsed();
    server.stop()?;
    Ok(time)
}

fn token(folder: &Folder, authorization: &str) -> io::Result<()> {
    let form = "grant_type=client_credentials";
    let mut wire = Wire::connect(folder.auth)?;
    let answer = wire.post("/oauth2/token", authorization, form)?;
    answer.expect(200).map(|_| ())
}

/// Opens the file with the same library and key, and reads its schema.
fn open(folder: &Folder) -> Result<Duration, Failed> {
    let path = folder.data_dir.join("gatelodge.db");
    let begun = Instant::now();
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if let Some(digits) = folder.key_digits() {
        connection.execute_batch(&format!("PRAGMA key = \"x'{digits}'\""))?;
    }
    connection.query_row("SELECT count(*) FROM realms", [], |_| Ok(()))?;
    Ok(begun.elapsed())
}
