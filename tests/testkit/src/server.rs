//! The real binary, on free ports, with a data folder of its own.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::Http;

/// A running server. It is killed when it goes out of scope.
pub struct Server {
    child: Child,
    folder: Option<TempDir>,
    data_dir: PathBuf,
    arguments: Vec<String>,
    /// The default realm's issuer.
    pub issuer: String,
    /// The issuer of `system`.
    pub admin_url: String,
    /// `demo.json`, with `--demo`.
    pub demo: Value,
}

/// The path of a workspace binary, built at most once per process.
pub fn binary(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        // Whole workspace: another selection of packages would resolve other features and
        // compile dependencies again.
        let cargo = option_env!("CARGO").unwrap_or("cargo");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--workspace", "--bins"])
            .current_dir(root)
            .status()
            .expect("cargo can be run");
        assert!(built.success(), "the workspace's binaries do not build");
        // target/debug/deps/e2e-… → target/debug
        let test = std::env::current_exe().unwrap();
        test.parent().and_then(Path::parent).unwrap().to_owned()
    });
    folder.join(name)
}

/// A free port below those that outgoing connections take (32,768 on Linux), so that nobody has
/// it when a stopped server comes back; this process asks for each of them once.
pub fn free_port() -> u16 {
    const FIRST: u32 = 12_000;
    const COUNT: u32 = 20_000;
    static ASKED: AtomicU32 = AtomicU32::new(0);
    // Processes one after the other begin far from each other.
    let begin = std::process::id().wrapping_mul(7_919);
    loop {
        let asked = ASKED.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + begin.wrapping_add(asked) % COUNT;
        let port = u16::try_from(port).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Server {
    /// `gatelodge serve --demo` on a fresh SQLite database.
    pub fn demo() -> Self {
        Self::demo_with(&[])
    }

    /// The same with further arguments.
    pub fn demo_with(arguments: &[&str]) -> Self {
        let mut all = vec!["--demo"];
        all.extend_from_slice(arguments);
        Self::start(&all)
    }

    /// `gatelodge serve` with these arguments in a fresh folder.
    pub fn start(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let data_dir = folder.path().join("data");
        let mut server = Self::start_in(&data_dir, arguments);
        server.folder = Some(folder);
        server
    }

    /// `gatelodge serve` with these arguments in that folder.
    pub fn start_in(data_dir: &Path, arguments: &[&str]) -> Self {
        // Another process may take a port between our look and the server's bind.
        for _ in 0..5 {
            let (auth, admin) = (free_port(), free_port());
            if let Some(server) = Self::try_start(data_dir, arguments, auth, admin) {
                return server;
            }
        }
        panic!("no free ports after five tries");
    }

    /// Stops it as an operator would, and starts it again on the same ports and folder.
    pub fn restart(&mut self) {
        self.stop();
        self.child = spawn(&self.arguments);
        let why = wait_until_ready(&mut self.child, &self.issuer);
        assert_eq!(why, None, "the server did not come back");
    }

    /// Starts it again, stopped as it is, on the same ports but in another folder and with these
    /// arguments only. What it told of its demonstration is kept.
    pub fn move_to(&mut self, data_dir: &Path, arguments: &[&str]) {
        let kept = self.arguments.drain(3..7).collect::<Vec<_>>();
        let folder = data_dir.to_str().unwrap().to_owned();
        self.arguments = ["serve", "--data-dir"].map(str::to_owned).to_vec();
        self.arguments.push(folder);
        self.arguments.extend(kept);
        let further = arguments.iter().map(|argument| (*argument).to_owned());
        self.arguments.extend(further);
        data_dir.clone_into(&mut self.data_dir);
        self.child = spawn(&self.arguments);
        let why = wait_until_ready(&mut self.child, &self.issuer);
        assert_eq!(why, None, "the server did not come back");
    }

    /// SIGTERM, and the exit status.
    pub fn stop(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        self.child.wait().unwrap().code()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Runs `gatelodge` with these arguments.
    pub fn run(arguments: &[&str]) -> Output {
        Command::new(binary("gatelodge"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs")
    }

    fn try_start(data_dir: &Path, arguments: &[&str], auth: u16, admin: u16) -> Option<Self> {
        let (auth, admin) = (format!("127.0.0.1:{auth}"), format!("127.0.0.1:{admin}"));
        let mut all: Vec<String> = ["serve", "--data-dir"].map(str::to_owned).to_vec();
        all.push(data_dir.to_str().unwrap().to_owned());
        all.extend(["--auth-listen".to_owned(), auth.clone()]);
        all.extend(["--admin-listen".to_owned(), admin.clone()]);
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let mut child = spawn(&all);
        let issuer = format!("http://{auth}");
        if let Some(why) = wait_until_ready(&mut child, &issuer) {
            assert!(why.contains("in use"), "the server did not start: {why}");
            return None;
        }
        let demo = std::fs::read(data_dir.join("demo.json"))
            .map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
        Some(Self {
            child,
            folder: None,
            data_dir: data_dir.to_owned(),
            arguments: all,
            issuer,
            admin_url: format!("http://{admin}"),
            demo,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(arguments: &[String]) -> Child {
    Command::new(binary("gatelodge"))
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

/// `None` when it answers `/readyz`; what it said when it ended instead.
fn wait_until_ready(child: &mut Child, issuer: &str) -> Option<String> {
    let probe = format!("{issuer}/readyz");
    // Two minutes at least: the machine may be busy, and its disk slow.
    for _ in 0..2_400 {
        let asked = Http::default().try_send("GET", &probe, &[], b"");
        let is_ready = asked.is_ok_and(|answer| answer.status == 200);
        // Looked at afterwards: somebody else may have answered on its port.
        if child.try_wait().unwrap().is_some() {
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            return Some(said);
        }
        if is_ready {
            // Nobody reads it from here on, and a full pipe would stop the server.
            let mut log = child.stderr.take().unwrap();
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut log, &mut std::io::sink());
            });
            return None;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("the server was not ready within two minutes");
}
