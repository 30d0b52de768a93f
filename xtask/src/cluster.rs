//! `cargo xtask cluster`: three nodes behind nginx on one PostgreSQL, the foreign clients against
//! them, and an upgrade from the last release.
//!
//! The last release is built once, from its commit in a worktree of its own, and kept under the
//! target folder; `--previous SERVER` names another binary, `--short` leaves the upgrade and the
//! foreign clients out.

use std::path::PathBuf;
use std::process::Command;

use crate::environment::Environment;
use crate::interop::{self, Run};
use crate::packages;
use crate::steps::{Failure, Steps, cargo};

/// The commit of the last release, whose schema is m0001 to m0006.
const PREVIOUS: &str = "24ea416";

/// Runs everything; what follows on the command line is handed to the runner.
pub(crate) fn run(
    environment: &Environment,
    steps: &mut Steps,
    rest: &[String],
) -> Result<(), Failure> {
    packages::ensure_for_build(environment, steps)?;
    packages::ensure_for_tests(environment, steps)?;
    packages::ensure_for_cluster(environment, steps)?;
    interop::build(environment, steps)?;
    let given = |flag: &str| rest.iter().any(|word| word == flag);
    let program = environment.target.join("debug").join("gatelodge-cluster");
    let mut command = Command::new(&program);
    command.current_dir(&environment.root).args(rest);
    if !given("--short") && !given("--previous") {
        command.arg("--previous").arg(previous(environment, steps)?);
    }
    steps.run("cluster", &mut command)?;
    if given("--short") {
        return Ok(());
    }
    // What is done at one node holds at the others within a second.
    let patience = [("GATELODGE_SETTLED_AFTER_MS", "1000")];
    let runs = [Run::Node, Run::Authlib];
    interop::run_against(environment, steps, &runs, &program, &patience)
}

/// The last release's server, built unless it was before.
fn previous(environment: &Environment, steps: &mut Steps) -> Result<PathBuf, Failure> {
    let folder = environment.target.join("previous");
    let kept = folder.join(format!("gatelodge-{PREVIOUS}"));
    if kept.is_file() {
        return Ok(kept);
    }
    let source = folder.join("source");
    let git = || {
        let mut git = Command::new("git");
        git.current_dir(&environment.root).arg("worktree");
        git
    };
    let mut add = git();
    add.args(["add", "--force", "--detach"])
        .arg(&source)
        .arg(PREVIOUS);
    steps.run("the last release's source", &mut add)?;
    let mut build = cargo(environment);
    build
        .current_dir(&source)
        .args(["build", "--locked", "--package", "gatelodge-bootstrap"])
        .env("CARGO_TARGET_DIR", folder.join("target"));
    let outcome = steps.run("the last release", &mut build);
    let mut remove = git();
    remove.args(["remove", "--force"]).arg(&source);
    steps.run("its source is removed", &mut remove)?;
    outcome?;
    let binary = folder.join("target/debug/gatelodge");
    std::fs::rename(&binary, &kept)
        .map_err(|error| Failure::new(format!("cannot keep {}: {error}", binary.display())))?;
    Ok(kept)
}
