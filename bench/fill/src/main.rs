//! `gatelodge-bench-fill`: see the library.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

use gatelodge_bench_fill::plan::Asked;
use gatelodge_bench_fill::{Failed, FilledHouse, Terminal, fill};

fn main() -> ExitCode {
    let asked = match Asked::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(complaint) => {
            eprintln!("{complaint}\n\n{}", Asked::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn run(asked: &Asked) -> Result<(), Failed> {
    let key = asked.key()?;
    let house = FilledHouse::open(&asked.data_dir, key).await?;
    let filled = fill(&house, &asked.plan, &mut Terminal::default()).await;
    house.close().await?;
    let path = asked.data_dir.join("fill.json");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    Ok(file.write_all(&serde_json::to_vec_pretty(&filled?)?)?)
}
