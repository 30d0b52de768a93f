//! The chores of the repository, as one program: `cargo xtask <chore>`.
//!
//! A dispatcher on the standard library only, so that it builds in a blink and needs nothing
//! fetched. A chore is a list of steps; every step says its name, lets its program write
//! straight to the terminal, and says how long it took. The first step that fails ends the run.
//!
//! Exit status: 0 all done, 1 a step failed, 2 the command line was not understood.

mod bench;
mod cluster;
mod deny;
mod deploy;
mod endurance;
mod environment;
mod fuzz;
mod interop;
mod licences;
mod packages;
mod spdx;
mod steps;
mod test;
mod usage;

use std::process::ExitCode;

use environment::Environment;
use steps::{Failure, Steps, cargo};
use usage::Chore;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chore = match usage::parse(&words) {
        Ok(chore) => chore,
        Err(complaint) => {
            eprintln!("xtask: {complaint}\n\n{}", usage::TEXT);
            return ExitCode::from(2);
        }
    };
    match run(&chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> Result<(), Failure> {
    let environment = Environment::read()?;
    let mut steps = Steps::new();
    match chore {
        Chore::Help => println!("{}", usage::TEXT),
        Chore::Test => test::run(&environment, &mut steps)?,
        Chore::Interop(runs) => {
            packages::ensure_for_build(&environment, &mut steps)?;
            interop::build(&environment, &mut steps)?;
            interop::run(&environment, &mut steps, runs)?;
        }
        Chore::Bench(bench) => bench.run(&environment, &mut steps)?,
        Chore::Torture(rest) => {
            packages::ensure_for_build(&environment, &mut steps)?;
            packages::ensure_for_tests(&environment, &mut steps)?;
            endurance::run(&environment, &mut steps, "torture", rest)?;
        }
        Chore::Soak(rest) => {
            packages::ensure_for_build(&environment, &mut steps)?;
            endurance::run(&environment, &mut steps, "soak", rest)?;
        }
        Chore::Cluster(rest) => cluster::run(&environment, &mut steps, rest)?,
        Chore::Fuzz(asked) => fuzz::run(&environment, &mut steps, asked)?,
        Chore::Deploy => deploy::run(&environment, &mut steps)?,
        Chore::OpenApi => {
            let mut command = cargo(&environment);
            command.args([
                "run",
                "--package",
                "gatelodge-bootstrap",
                "--",
                "openapi",
                "--out",
                "openapi",
            ]);
            steps.run("write openapi/", &mut command)?;
        }
        Chore::Licences => licences::run(&environment, &mut steps)?,
    }
    steps.summary();
    Ok(())
}
