//! What other programs the chores need, and how they get onto the machine.
//!
//! As root on Debian or a relative they are installed; otherwise the run stops with the line
//! that installs them. Nothing is installed that is already there.

use std::path::Path;
use std::process::Command;

use crate::environment::Environment;
use crate::steps::{Failure, Steps};

/// A Debian package and how to see that what it brings is there.
struct Package {
    name: &'static str,
    present: fn(&Environment) -> bool,
}

const BUILD: &[Package] = &[
    Package {
        name: "gcc",
        present: |at| at.find("cc").is_some(),
    },
    Package {
        name: "make",
        present: |at| at.find("make").is_some(),
    },
    Package {
        name: "pkg-config",
        present: |at| at.find("pkg-config").is_some(),
    },
    Package {
        name: "libssl-dev",
        present: |_| Path::new("/usr/include/openssl/ssl.h").is_file(),
    },
];

const TESTS: &[Package] = &[
    Package {
        name: "postgresql",
        present: has_postgres_server,
    },
    Package {
        name: "strace",
        present: |at| at.find("strace").is_some(),
    },
    Package {
        name: "faketime",
        present: |at| at.find("faketime").is_some(),
    },
    Package {
        name: "groff-base",
        present: |at| at.find("groff").is_some(),
    },
];

const CLUSTER: &[Package] = &[
    Package {
        name: "nginx-light",
        present: |at| at.find("nginx").is_some() || Path::new("/usr/sbin/nginx").is_file(),
    },
    Package {
        name: "openssl",
        present: |at| at.find("openssl").is_some(),
    },
];

const DEPLOY: &[Package] = &[
    Package {
        name: "prometheus",
        present: |at| at.find("promtool").is_some(),
    },
    Package {
        name: "caddy",
        present: |at| at.find("caddy").is_some(),
    },
    Package {
        name: "systemd",
        present: |at| at.find("systemd-analyze").is_some(),
    },
];

const PYTHON: &[Package] = &[
    Package {
        name: "python3",
        present: |at| at.find("python3").is_some(),
    },
    Package {
        name: "python3-venv",
        present: |_| can_make_virtual_environments(),
    },
];

const NODE: &[Package] = &[
    Package {
        name: "nodejs",
        present: |at| at.find("node").is_some(),
    },
    Package {
        name: "npm",
        present: |at| at.find("npm").is_some(),
    },
];

const BROWSER: &[Package] = &[Package {
    name: "chromium",
    present: |at| at.find("chromium").is_some(),
}];

/// A C compiler and OpenSSL's headers.
pub(crate) fn ensure_for_build(
    environment: &Environment,
    steps: &mut Steps,
) -> Result<(), Failure> {
    ensure(environment, steps, BUILD)
}

/// PostgreSQL's server programs, of which the tests start a throw-away cluster, strace, and what
/// typesets manual pages.
pub(crate) fn ensure_for_tests(
    environment: &Environment,
    steps: &mut Steps,
) -> Result<(), Failure> {
    ensure(environment, steps, TESTS)
}

/// nginx, which stands in front of several nodes, and what makes its certificate.
pub(crate) fn ensure_for_cluster(
    environment: &Environment,
    steps: &mut Steps,
) -> Result<(), Failure> {
    ensure(environment, steps, CLUSTER)
}

/// What reads the files in deploy/.
pub(crate) fn ensure_for_deploy(
    environment: &Environment,
    steps: &mut Steps,
) -> Result<(), Failure> {
    ensure(environment, steps, DEPLOY)?;
    ensure_for_cluster(environment, steps)?;
    ensure_for_python(environment, steps)
}

/// Python that can make virtual environments.
pub(crate) fn ensure_for_python(
    environment: &Environment,
    steps: &mut Steps,
) -> Result<(), Failure> {
    ensure(environment, steps, PYTHON)
}

/// Node 20 or later, and npm.
pub(crate) fn ensure_for_node(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    ensure(environment, steps, NODE)?;
    let version = output(Command::new("node").arg("--version"));
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= 20 => Ok(()),
        _ => Err(Failure::new(format!(
            "openid-client needs Node 20 or later, and this one says `{}`: install a newer Node \
             and run this again",
            version.trim()
        ))),
    }
}

/// Chromium, headless.
pub(crate) fn ensure_for_browser(
    environment: &Environment,
    steps: &mut Steps,
) -> Result<(), Failure> {
    ensure(environment, steps, BROWSER)
}

/// Installs from a lock file unless `installed`, a copy of it made after the last install,
/// says that exactly this one was installed already.
pub(crate) fn ensure_from_lock(
    lock: &Path,
    installed: &Path,
    install: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let wanted = std::fs::read(lock)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", lock.display())))?;
    if std::fs::read(installed).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    install()?;
    std::fs::write(installed, wanted)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", installed.display())))
}

fn ensure(
    environment: &Environment,
    steps: &mut Steps,
    packages: &[Package],
) -> Result<(), Failure> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|package| !(package.present)(environment))
        .map(|package| package.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if environment.find("apt-get").is_none() {
        return Err(Failure::new(format!(
            "missing: {list} (these are Debian's names; install what your system calls them)"
        )));
    }
    if !environment.is_root() {
        return Err(Failure::new(format!(
            "missing: {list}. Run this, then try again:\n  sudo apt-get update && sudo apt-get \
             install --yes --no-install-recommends {list}"
        )));
    }
    steps.run(
        "apt-get update",
        Command::new("apt-get").args(["update", "--quiet"]),
    )?;
    let mut install = Command::new("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--quiet", "--yes", "--no-install-recommends"])
        .args(&missing);
    steps.run(&format!("install {list}"), &mut install)
}

/// Debian keeps the server's programs off the `PATH`, a folder for each major version.
fn has_postgres_server(environment: &Environment) -> bool {
    if environment.find("initdb").is_some() && environment.find("postgres").is_some() {
        return true;
    }
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else {
        return false;
    };
    versions
        .flatten()
        .any(|version| version.path().join("bin/initdb").is_file())
}

/// Debian splits `ensurepip`, which `venv` needs, into a package of its own.
fn can_make_virtual_environments() -> bool {
    Command::new("python3")
        .args(["-c", "import ensurepip, venv"])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn output(command: &mut Command) -> String {
    command
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}
