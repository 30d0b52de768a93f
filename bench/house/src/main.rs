//! What the house itself costs, measured on the real binary: memory, cold start, and what years
//! of rows do to it.
//!
//! `cargo xtask bench house [memory] [cold] [growth] [--quick]`. Prints a table with the targets
//! and their verdicts and writes `house.json` beside the program's folder
//! (`target/bench/house.json`); the exit status follows the verdicts. A part that was not asked
//! for keeps the figures of the last run.

mod cold;
mod facts;
mod folder;
mod growth;
mod lists;
mod memory;
mod options;
mod pages;
mod player;
mod report;
mod server;
mod sweeps;
mod wire;

use std::error::Error;
use std::process::ExitCode;

use options::{Options, Part};
use report::Report;

/// What a measurement fails with: one line for a person.
type Failed = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(complaint) => {
            eprintln!("{complaint}\n\n{}", Options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<bool, Failed> {
    let folder = tempfile::Builder::new()
        .prefix("bench-house-")
        .tempdir_in(&options.folder)?;
    let mut report = Report::default();
    let mut broken = Ok(());
    for part in &options.parts {
        println!("{}", part.title());
        let measured = match part {
            Part::Memory => memory::measure(options, folder.path(), &mut report),
            Part::Cold => cold::measure(options, folder.path(), &mut report),
            Part::Growth => growth::measure(options, folder.path(), &mut report),
        };
        println!();
        if let Err(error) = measured {
            // What was measured until then took long, and is told all the same.
            broken = Err(error);
            break;
        }
    }
    report.write(&options.out)?;
    let holds = report.print();
    broken.map(|()| holds)
}
