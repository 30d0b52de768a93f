//! `cargo xtask interop`: clients that nobody here wrote, and every page in a browser, against
//! the real debug binary.
//!
//! Their versions are locked (`tests/interop/node/package-lock.json`,
//! `tests/interop/python/requirements.txt` with hashes); each run starts its own server on
//! free ports with a fresh database.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::Environment;
use crate::packages;
use crate::steps::{Failure, Steps, cargo};

/// One foreign client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// `openid-client` in Node, the pages driven by their HTML.
    Node,
    /// `Authlib` in Python, likewise.
    Python,
    /// Only what signs people in by `Authlib`: what a cluster is asked.
    Authlib,
    /// `schemathesis`: both ports against their OpenAPI documents.
    Schemathesis,
    /// `openid-client` in headless Chromium, on another origin.
    Browser,
    /// Every page and the API documents, looked at in headless Chromium; screenshots are left
    /// under the target folder.
    Pages,
}

impl Run {
    /// All of them, in the order in which they run.
    pub(crate) const ALL: [Self; 5] = [
        Self::Node,
        Self::Python,
        Self::Schemathesis,
        Self::Browser,
        Self::Pages,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
            Self::Authlib => "authlib",
            Self::Schemathesis => "schemathesis",
            Self::Browser => "browser",
            Self::Pages => "pages",
        }
    }

    fn needs_python(self) -> bool {
        matches!(self, Self::Python | Self::Authlib | Self::Schemathesis)
    }

    fn needs_node(self) -> bool {
        matches!(self, Self::Node | Self::Browser | Self::Pages)
    }

    fn needs_browser(self) -> bool {
        matches!(self, Self::Browser | Self::Pages)
    }
}

/// Installs what these runs need.
pub(crate) fn ensure(
    environment: &Environment,
    steps: &mut Steps,
    runs: &[Run],
) -> Result<(), Failure> {
    if runs.iter().any(|run| run.needs_python()) {
        packages::ensure_for_python(environment, steps)?;
        ensure_python_packages(environment, steps)?;
    }
    if runs.iter().any(|run| run.needs_node()) {
        packages::ensure_for_node(environment, steps)?;
        ensure_node_packages(environment, steps)?;
    }
    if runs.iter().any(|run| run.needs_browser()) {
        packages::ensure_for_browser(environment, steps)?;
    }
    Ok(())
}

/// Builds the binary that the clients meet.
pub(crate) fn build(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    let mut build = cargo(environment);
    build.args(["build", "--workspace", "--bins"]);
    steps.run("build", &mut build)
}

/// Runs the clients; the binary must have been built.
pub(crate) fn run(
    environment: &Environment,
    steps: &mut Steps,
    runs: &[Run],
) -> Result<(), Failure> {
    let binary = environment.target.join("debug").join("gatelodge");
    run_against(environment, steps, runs, &binary, &[])
}

/// Runs the clients against a program that is started like the server, with these variables.
pub(crate) fn run_against(
    environment: &Environment,
    steps: &mut Steps,
    runs: &[Run],
    binary: &Path,
    variables: &[(&str, &str)],
) -> Result<(), Failure> {
    ensure(environment, steps, runs)?;
    if !binary.is_file() {
        return Err(Failure::new(format!("{} was not built", binary.display())));
    }
    for run in runs {
        let mut command = match run {
            Run::Node => node(environment, &["openid-client.test.mjs"]),
            Run::Browser => node(environment, &["browser.test.mjs"]),
            Run::Pages => {
                let files = [
                    "pages.test.mjs",
                    "factors.test.mjs",
                    "recovery.test.mjs",
                    "profile.test.mjs",
                    "swagger.test.mjs",
                    "themes.test.mjs",
                ];
                let mut node = node(environment, &files);
                let pictures = environment.target.join("screenshots");
                node.env("GATELODGE_SCREENSHOTS", pictures);
                node
            }
            Run::Python => pytest(environment, &[]),
            Run::Authlib => pytest(environment, &["test_authlib.py"]),
            // Its report is for the person at the terminal.
            Run::Schemathesis => pytest(environment, &["test_documents.py", "--capture=no"]),
        };
        command
            .env("GATELODGE_BINARY", binary)
            .envs(variables.iter().copied());
        steps.run(&format!("interop: {}", run.name()), &mut command)?;
    }
    Ok(())
}

fn node(environment: &Environment, files: &[&str]) -> Command {
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter", "spec"])
        .args(files.iter().map(|file| format!("test/{file}")))
        .current_dir(environment.root.join("tests/interop/node"));
    command
}

fn pytest(environment: &Environment, arguments: &[&str]) -> Command {
    let mut command = Command::new(python_environment(environment).join("bin/python"));
    command
        .args(["-m", "pytest", "-p", "no:cacheprovider", "-v"])
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(environment.root.join("tests/interop/python"));
    command
}

fn python_environment(environment: &Environment) -> PathBuf {
    environment.target.join("interop").join("venv")
}

/// A virtual environment with exactly the packages whose hashes are in requirements.txt.
fn ensure_python_packages(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    let folder = python_environment(environment);
    let requirements = environment
        .root
        .join("tests/interop/python/requirements.txt");
    let python = folder.join("bin/python");
    packages::ensure_from_lock(&requirements, &folder.join("installed.lock"), || {
        let mut create = Command::new("python3");
        create.args(["-m", "venv", "--clear"]).arg(&folder);
        steps.run("python environment", &mut create)?;
        let mut install = Command::new(&python);
        install
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--require-hashes", "--requirement"])
            .arg(&requirements);
        steps.run("python packages", &mut install)
    })
}

/// The npm packages of the lock file.
fn ensure_node_packages(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    let folder = environment.root.join("tests/interop/node");
    let installed = folder.join("node_modules/installed.lock");
    packages::ensure_from_lock(&folder.join("package-lock.json"), &installed, || {
        let mut install = Command::new("npm");
        install
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder);
        steps.run("npm packages", &mut install)
    })
}
