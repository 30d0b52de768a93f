//! `cargo xtask torture` and `cargo xtask soak`: built in release mode and run; and the short
//! soak of `cargo xtask test`, on the debug build that is there already.
//!
//! The whole workspace's binaries are built, because single crates would resolve other features
//! and compile their dependencies again; the programs find the server beside themselves.

use std::process::Command;

use crate::environment::Environment;
use crate::steps::{Failure, Steps, cargo};

/// Builds and runs one of them; what follows on the command line is handed to it.
pub(crate) fn run(
    environment: &Environment,
    steps: &mut Steps,
    name: &str,
    rest: &[String],
) -> Result<(), Failure> {
    let given = rest.iter().any(|word| word == "--binary");
    let mut build = cargo(environment);
    build.args(["build", "--release"]);
    if given {
        build.args(["--package", "gatelodge-endurance"]);
    } else {
        build.args(["--workspace", "--bins"]);
    }
    steps.run("build", &mut build)?;
    let mut command = Command::new(environment.target.join("release").join(name));
    command.current_dir(&environment.root).args(rest);
    steps.run(name, &mut command)
}

/// Five minutes of a load that a debug build carries on two busy processors, by few enough
/// clients that it has seen everything come and go by then. What grows by itself, or with each
/// request by more than some hundred bytes, is found; what is slower takes the long soak.
pub(crate) fn soak_briefly(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    let mut soak = Command::new(environment.target.join("debug/soak"));
    soak.current_dir(&environment.root)
        .args(["--minutes", "5", "--rate", "60", "--residents", "12"])
        .args(["--seed", "2026", "--report"])
        .arg(environment.target.join("soak/report.json"));
    steps.run("soak", &mut soak)
}
