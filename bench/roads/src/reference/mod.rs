//! The reference: the same framework with the same settings, the same answers, and for each
//! request only the work that its road cannot do without.
//!
//! What it leaves out is everything that makes an identity provider: parsing and checking
//! parameters, finding clients, people and sessions, deciding, building claims, sealing and
//! hashing the trail. So no server can reach it; how near one comes is what its own thinking
//! costs. It is started by the runner, one road at a time.

mod body;
mod keys;
mod pool;
mod server;

use std::net::TcpListener;

use crate::seed::Failed;
use crate::spec::RoadSpec;

pub use pool::PoolRates;

/// `--road FILE` serves that [`RoadSpec`] on a free port of 127.0.0.1, which is printed; `--pool
/// SECONDS` measures the hashing pool alone.
pub fn run(arguments: impl Iterator<Item = String>) -> Result<(), Failed> {
    let arguments: Vec<String> = arguments.collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--road", file] => {
            let spec: RoadSpec = serde_json::from_slice(&std::fs::read(file)?)?;
            let listener = TcpListener::bind("127.0.0.1:0")?;
            println!("{}", listener.local_addr()?);
            server::serve(&spec, listener)
        }
        ["--pool", seconds] => {
            let rates = pool::measure(seconds.parse()?)?;
            println!("{}", serde_json::to_string(&rates)?);
            Ok(())
        }
        _ => Err("give it --road FILE or --pool SECONDS".into()),
    }
}
