//! A node that cannot open what the others sealed says so in one line, and does not serve.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use gatelodge_testkit::free_port;
use tempfile::TempDir;

use crate::Cluster;
use crate::stopwatch::until;

const PATIENCE: Duration = Duration::from_mins(1);

/// Starts nodes without the master key and with another, beside those that serve.
pub fn are_refused(cluster: &Cluster) {
    let none = TempDir::new().unwrap();
    says(
        &start(cluster, none.path().to_str().unwrap()),
        "the store was made with a master key, and there is none",
    );
    let other = TempDir::new().unwrap();
    let key = other.path().join("master.key");
    std::fs::write(&key, another_key(cluster)).unwrap();
    says(
        &start(cluster, other.path().to_str().unwrap()),
        "master key",
    );
    for node in &cluster.nodes {
        let goes_on = until(PATIENCE, || node.readiness() == Some(200));
        assert!(goes_on.is_some(), "the others go on");
    }
}

/// A key that some other store was made with.
fn another_key(cluster: &Cluster) -> String {
    let folder = TempDir::new().unwrap();
    let made = Command::new(&cluster.binary)
        .args(["init", "--data-dir"])
        .arg(folder.path())
        .args(["--admin-username", "somebody"])
        .env("GATELODGE_ADMIN_PASSWORD", "a long enough password")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read_to_string(folder.path().join("master.key")).unwrap()
}

fn start(cluster: &Cluster, data_dir: &str) -> Output {
    let listen = || format!("127.0.0.1:{}", free_port());
    Command::new(&cluster.binary)
        .args(["serve", "--data-dir", data_dir])
        .args(["--auth-listen", &listen(), "--admin-listen", &listen()])
        .args(["--storage", "postgres", "--database-url"])
        .arg(cluster.database.url())
        .args(["--public-url", &cluster.issuer])
        .args(["--admin-url", &cluster.admin_url])
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn says(output: &Output, what: &str) {
    assert!(!output.status.success(), "it serves");
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("gatelodge: "))
        .collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains(what), "{said}");
}
