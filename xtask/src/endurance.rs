//! `cargo xtask torture` and `cargo xtask soak`: built in release mode and run.
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
