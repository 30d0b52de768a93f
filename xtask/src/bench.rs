//! `cargo xtask bench …`: built in release mode and run.
//!
//! The whole workspace's binaries are built for the benches that start servers, because single
//! crates would resolve other features and compile their dependencies again; the programs find
//! the server beside themselves.

use std::process::Command;

use crate::environment::Environment;
use crate::steps::{Failure, Steps, cargo};

/// A bench that was asked for; what follows its name is handed to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bench {
    /// The whole report: the house, then the roads; each with those words.
    Everything(Vec<String>),
    /// Every road against the reference.
    Roads(Vec<String>),
    /// Memory, cold start and growth.
    House(Vec<String>),
    /// The storage road.
    Store(Vec<String>),
    /// Signatures.
    Signing(Vec<String>),
    /// What the times of failed sign-ins tell.
    Enumeration(Vec<String>),
}

impl Bench {
    /// Reads the words after `bench`.
    pub(crate) fn parse(words: &[&str]) -> Self {
        let owned = |rest: &[&str]| rest.iter().map(|&word| word.to_owned()).collect();
        match words {
            [] | ["--quick"] => Self::Everything(owned(words)),
            ["house", rest @ ..] => Self::House(owned(rest)),
            ["store", rest @ ..] => Self::Store(owned(rest)),
            ["signing", rest @ ..] => Self::Signing(owned(rest)),
            ["enumeration", rest @ ..] => Self::Enumeration(owned(rest)),
            ["roads", rest @ ..] | rest => Self::Roads(owned(rest)),
        }
    }

    /// Builds and runs it.
    pub(crate) fn run(&self, environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
        match self {
            Self::Everything(rest) => {
                build(environment, steps)?;
                // What the house says goes into the report, whatever its verdicts are.
                let house = start(environment, steps, "gatelodge-bench-house", rest);
                start(environment, steps, "gatelodge-bench-roads", rest)?;
                house
            }
            Self::Roads(rest) => {
                build(environment, steps)?;
                start(environment, steps, "gatelodge-bench-roads", rest)
            }
            Self::House(rest) => {
                build(environment, steps)?;
                start(environment, steps, "gatelodge-bench-house", rest)
            }
            Self::Enumeration(rest) => {
                build(environment, steps)?;
                start(environment, steps, "gatelodge-bench-enumeration", rest)
            }
            Self::Store(rest) => {
                let mut command = cargo(environment);
                command
                    .args(["run", "--release", "--package", "gatelodge-bench-store"])
                    .arg("--")
                    .args(rest);
                steps.run("storage bench", &mut command)
            }
            Self::Signing(rest) => {
                let mut command = cargo(environment);
                command
                    .args(["run", "--release", "--package", "gatelodge-crypto"])
                    .args(["--example", "signing", "--"])
                    .args(rest);
                steps.run("signing bench", &mut command)
            }
        }
    }
}

fn build(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    let mut command = cargo(environment);
    command.args(["build", "--release", "--workspace", "--bins"]);
    steps.run("build", &mut command)
}

fn start(
    environment: &Environment,
    steps: &mut Steps,
    name: &str,
    rest: &[String],
) -> Result<(), Failure> {
    let mut command = Command::new(environment.target.join("release").join(name));
    command.current_dir(&environment.root).args(rest);
    steps.run(name, &mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bench_gets_what_follows_its_name_and_the_roads_get_bare_options() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let options = ["--quick", "--roads", "jwks"];
        for (line, bench) in [
            (vec![], Bench::Everything(Vec::new())),
            (vec!["--quick"], Bench::Everything(words(&["--quick"]))),
            (
                vec!["--quick", "--roads", "jwks"],
                Bench::Roads(words(&options)),
            ),
            (vec!["roads", "--quick"], Bench::Roads(words(&["--quick"]))),
            (vec!["house", "cold"], Bench::House(words(&["cold"]))),
            (
                vec!["store", "--tasks", "64"],
                Bench::Store(words(&["--tasks", "64"])),
            ),
            (vec!["signing"], Bench::Signing(Vec::new())),
            (
                vec!["enumeration", "--tries", "50"],
                Bench::Enumeration(words(&["--tries", "50"])),
            ),
        ] {
            assert_eq!(Bench::parse(&line), bench, "{line:?}");
        }
    }
}
