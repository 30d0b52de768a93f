//! A throw-away PostgreSQL cluster: one per test process, one database per test.
//!
//! It listens on a socket in its own folder only, so no port is shared, and it collates as
//! `en-US` by ICU, because the C collation of a default cluster hides every difference between
//! text order and byte order. The server refuses to run as root and then runs as `postgres`. A
//! shell holds the end of a pipe of this process: when that closes, it stops the server and
//! removes the folder, however this process ended.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const SETTINGS: &str = "-c listen_addresses='' -c fsync=off -c max_connections=300";

/// How long `pg_ctl` waits, in seconds: a busy machine may take longer than its minute.
const TIMEOUT: &str = "--timeout=300";

#[derive(Debug)]
struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

fn start() -> Cluster {
    let programs = programs();
    let folder = tempfile::Builder::new()
        .prefix("gatelodge-pg-")
        .tempdir()
        .unwrap()
        .keep();
    if is_root() {
        succeed(Command::new("chown").arg("postgres").arg(&folder));
    }
    let data = folder.join("data");
    succeed(
        as_server(&programs.join("initdb"))
            .args([
                "--username=gatelodge",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
            ])
            .args([
                "--locale=C.UTF-8",
                "--locale-provider=icu",
                "--icu-locale=en-US",
            ])
            .arg("--pgdata")
            .arg(&data),
    );
    let cluster = Cluster { folder, programs };
    cluster.launch();
    watch(&cluster.folder, &cluster.programs);
    cluster
}

impl Cluster {
    fn launch(&self) {
        succeed(
            as_server(&self.programs.join("pg_ctl"))
                .args(["start", "--wait", TIMEOUT, "--silent", "--log"])
                .arg(self.folder.join("log"))
                .arg("--options")
                .arg(format!("{SETTINGS} -k {}", self.folder.display()))
                .arg("--pgdata")
                .arg(self.folder.join("data")),
        );
    }
}

/// Stops this process's cluster as a crash would: nothing is flushed, nobody is told. For
/// programs in which nobody else needs it meanwhile.
pub fn stop_at_once() {
    let cluster = cluster();
    succeed(
        as_server(&cluster.programs.join("pg_ctl"))
            .args(["stop", "--mode=immediate", TIMEOUT, "--silent", "--pgdata"])
            .arg(cluster.folder.join("data")),
    );
}

/// Starts it again after that; it recovers first.
pub fn start_again() {
    cluster().launch();
}

/// A cluster of one test's own, which may stop it.
#[derive(Debug)]
pub struct OwnCluster(Cluster);

impl OwnCluster {
    /// Makes and starts one.
    pub fn start() -> Self {
        Self(start())
    }

    /// Its database `postgres`.
    pub fn url(&self) -> String {
        let folder = self.0.folder.display();
        format!("postgres://gatelodge@localhost/postgres?host={folder}")
    }

    /// The socket it listens on.
    pub fn socket(&self) -> PathBuf {
        self.0.folder.join(".s.PGSQL.5432")
    }

    /// Stops it as an operator would.
    pub fn stop(&self) {
        succeed(&mut self.stopping("fast"));
    }

    /// Starts it again.
    pub fn start_again(&self) {
        self.0.launch();
    }

    /// Both.
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    fn stopping(&self, mode: &str) -> Command {
        let mut command = as_server(&self.0.programs.join("pg_ctl"));
        command
            .args(["stop", "--wait", TIMEOUT, "--silent"])
            .args(["--mode", mode, "--pgdata"])
            .arg(self.0.folder.join("data"));
        command
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        // It may be stopped already; what is left is removed when the process ends.
        let mut stop = self.stopping("immediate");
        let _ = stop.stdin(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Stops the cluster when this process is gone.
fn watch(folder: &Path, programs: &Path) {
    let user = if is_root() {
        "runuser -u postgres --"
    } else {
        ""
    };
    let script = format!(
        "trap '' INT HUP TERM; cat >/dev/null; cd /; \
         {user} '{}/pg_ctl' stop --mode=immediate --silent --pgdata '{folder}/data'; \
         rm -rf '{folder}'",
        programs.display(),
        folder = folder.display()
    );
    let watch = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The pipe stays open until the process ends.
    std::mem::forget(watch);
}

/// A database of its own for one test; dropped with it.
#[derive(Debug)]
pub struct Database {
    name: String,
}

impl Database {
    /// Makes an empty one.
    pub fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let database = Self { name };
        sql("postgres", &format!("CREATE DATABASE {}", database.name));
        database
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let folder = cluster().folder.display();
        format!("postgres://gatelodge@localhost/{}?host={folder}", self.name)
    }

    /// Runs plain SQL; what it answers, unaligned.
    pub fn sql(&self, statement: &str) -> String {
        sql(&self.name, statement)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        sql(
            "postgres",
            &format!("DROP DATABASE {} WITH (FORCE)", self.name),
        );
    }
}

fn sql(database: &str, statement: &str) -> String {
    let cluster = cluster();
    succeed(
        Command::new(cluster.programs.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args([
                "--username=gatelodge",
                "--set=ON_ERROR_STOP=1",
                "--dbname",
                database,
            ])
            .arg("--host")
            .arg(&cluster.folder)
            .args(["--command", statement]),
    )
}

/// The newest installed server's programs, or those that the shell finds.
fn programs() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = installed
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs
                .join("initdb")
                .exists()
                .then_some((version, programs))
        })
        .collect();
    versions.sort();
    if let Some((_, newest)) = versions.pop() {
        return newest;
    }
    let found = succeed(Command::new("sh").args(["-c", "command -v initdb"]));
    Path::new(found.trim())
        .parent()
        .expect("initdb is in a folder")
        .to_owned()
}

fn is_root() -> bool {
    succeed(Command::new("id").arg("-u")).trim() == "0"
}

fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    // Its own working folder may be closed to that user.
    command.current_dir("/");
    command
}

fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
