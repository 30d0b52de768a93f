//! `cargo xtask test`: everything that must hold before a change is taken.
//!
//! One build serves all tests: the tests that need PostgreSQL sit behind the feature
//! `postgres-tests` of two crates, switched on here for the whole workspace at once, because
//! building single crates (`-p`) would resolve other features and compile the tree again.
//! That the OpenAPI documents are fresh is one of the tests.

use crate::deploy;
use crate::endurance;
use crate::environment::Environment;
use crate::interop::{self, Run};
use crate::licences;
use crate::packages;
use crate::steps::{Failure, Steps, cargo};

/// What `cargo test` alone leaves out, because it needs another program, or doors into parsers
/// that a shipped build does not have.
pub(crate) const FEATURES: &str = "gatelodge-store-sea-orm/postgres-tests,gatelodge-e2e/postgres-tests,gatelodge-e2e/machine-tests,\
     gatelodge-endurance/postgres-tests,gatelodge-cluster/postgres-tests,\
     gatelodge-faults/postgres-tests,gatelodge-faults/machine-tests,\
     gatelodge-parsers/house";

/// Runs all checks, the cheap ones first.
pub(crate) fn run(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    packages::ensure_for_build(environment, steps)?;
    packages::ensure_for_tests(environment, steps)?;
    packages::ensure_for_cluster(environment, steps)?;
    interop::ensure(environment, steps, &Run::ALL)?;

    let mut format = cargo(environment);
    format.args(["fmt", "--all", "--check"]);
    steps.run("formatting", &mut format)?;

    licences::run(environment, steps)?;
    deploy::run(environment, steps)?;

    let mut clippy = cargo(environment);
    clippy
        .args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            FEATURES,
        ])
        .args(["--", "-D", "warnings"]);
    steps.run("clippy", &mut clippy)?;

    // The binaries first: end-to-end tests and interop run them, and `--tests` here makes
    // cargo resolve the same features as `cargo test` below, so nothing is compiled twice.
    let mut build = cargo(environment);
    build.args([
        "build",
        "--workspace",
        "--bins",
        "--tests",
        "--features",
        FEATURES,
    ]);
    steps.run("build", &mut build)?;

    let mut tests = cargo(environment);
    tests.args([
        "test",
        "--workspace",
        "--no-fail-fast",
        "--features",
        FEATURES,
    ]);
    steps.run("tests", &mut tests)?;

    endurance::soak_briefly(environment, steps)?;

    interop::run(environment, steps, &Run::ALL)
}
