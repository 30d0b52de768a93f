//! One node: the real binary with a data folder and ports of its own.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gatelodge_testkit::Http;

use crate::stopwatch::until;

const PATIENCE: Duration = Duration::from_mins(2);

/// How a node is started.
#[derive(Debug, Clone)]
pub struct NodePlan {
    /// Its folder.
    pub data_dir: PathBuf,
    /// The auth port.
    pub auth: u16,
    /// The admin port.
    pub admin: u16,
    /// What all nodes are given.
    pub arguments: Vec<String>,
    /// Settings by environment, which an earlier release may not know.
    pub variables: Vec<(String, String)>,
}

/// A running node. It is killed when it goes out of scope.
#[derive(Debug)]
pub struct Node {
    plan: NodePlan,
    child: Child,
}

impl Node {
    /// Starts that binary and waits until it is ready.
    pub fn start(plan: NodePlan, binary: &Path) -> Self {
        let child = spawn(&plan, binary);
        let mut node = Self { plan, child };
        node.wait_until_ready();
        node
    }

    /// Starts it again after a stop.
    pub fn start_again(&mut self, binary: &Path, variables: &[(String, String)]) {
        self.plan.variables = variables.to_vec();
        self.child = spawn(&self.plan, binary);
        self.wait_until_ready();
    }

    /// SIGTERM; its exit status.
    pub fn stop(&mut self) -> Option<i32> {
        self.terminate();
        self.child.wait().unwrap().code()
    }

    /// SIGTERM without waiting.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGKILL without waiting, for whoever only looks at it.
    pub fn signal_kill(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-KILL", &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Its folder and ports.
    pub fn plan(&self) -> &NodePlan {
        &self.plan
    }

    /// What its readiness probe says.
    pub fn readiness(&self) -> Option<u16> {
        let url = format!("http://127.0.0.1:{}/readyz", self.plan.auth);
        let asked = Http::default().try_send("GET", &url, &[("connection", "close")], b"");
        asked.ok().map(|answer| answer.status)
    }

    fn wait_until_ready(&mut self) {
        let ready = until(PATIENCE, || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("a node ended with {status}: {}", log_of(&self.plan));
            }
            self.readiness() == Some(200)
        });
        assert!(
            ready.is_some(),
            "a node was not ready in time: {}",
            log_of(&self.plan)
        );
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(plan: &NodePlan, binary: &Path) -> Child {
    std::fs::create_dir_all(&plan.data_dir).unwrap();
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(log_path(plan))
        .unwrap();
    Command::new(binary)
        .args(["serve", "--data-dir"])
        .arg(&plan.data_dir)
        .args(["--auth-listen", &format!("127.0.0.1:{}", plan.auth)])
        .args(["--admin-listen", &format!("127.0.0.1:{}", plan.admin)])
        .args(&plan.arguments)
        .envs(plan.variables.iter().map(|(name, value)| (name, value)))
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the binary starts")
}

fn log_path(plan: &NodePlan) -> PathBuf {
    plan.data_dir.with_extension("log")
}

/// What a node has said.
pub fn log_of(plan: &NodePlan) -> String {
    let mut said = String::new();
    if let Ok(mut log) = std::fs::File::open(log_path(plan)) {
        let _ = log.read_to_string(&mut said);
    }
    said
}
