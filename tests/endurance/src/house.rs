//! The real server with a folder of its own, on ports that stay the same, so that it can be
//! killed and started again; its log goes to a file, which is where seals are known from.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use gatelodge_testkit::postgres::Database;
use gatelodge_testkit::{Browser, Http, RelyingParty, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::line::World;
use crate::stopwatch::now;

/// Which engine stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// The embedded file.
    Sqlite,
    /// A throw-away PostgreSQL cluster.
    Postgres,
}

impl Storage {
    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// Reads that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sqlite, Self::Postgres]
            .into_iter()
            .find(|storage| storage.name() == text)
    }
}

/// How long a start may take, a migration included.
const START: Duration = Duration::from_mins(3);

/// A server that can be killed and started again.
#[derive(Debug)]
pub struct House {
    /// Which engine stores.
    pub storage: Storage,
    /// The default realm's issuer.
    pub issuer: String,
    /// The issuer of `system`.
    pub admin_url: String,
    binary: PathBuf,
    wrapper: Vec<String>,
    arguments: Vec<String>,
    child: Option<Child>,
    database: Option<Database>,
    folder: TempDir,
}

impl House {
    /// A fresh one, not started yet.
    pub fn new(storage: Storage, binary: &Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("gatelodge-endurance-")
            .tempdir()
            .unwrap();
        let (auth, admin) = (free_port(), free_port());
        let (auth, admin) = (format!("127.0.0.1:{auth}"), format!("127.0.0.1:{admin}"));
        let data = folder.path().join("data");
        let mut arguments: Vec<String> = ["serve", "--demo", "--data-dir"]
            .map(str::to_owned)
            .to_vec();
        arguments.push(data.to_str().unwrap().to_owned());
        arguments.extend(["--auth-listen".to_owned(), auth.clone()]);
        arguments.extend(["--admin-listen".to_owned(), admin.clone()]);
        let mut house = Self {
            storage,
            issuer: format!("http://{auth}"),
            admin_url: format!("http://{admin}"),
            binary: binary.to_owned(),
            wrapper: Vec::new(),
            arguments,
            child: None,
            database: (storage == Storage::Postgres).then(Database::create),
            folder,
        };
        house.arguments.extend(house.storage_arguments());
        house
    }

    /// Starts the server as the last words of this command line.
    pub fn wrap(&mut self, words: &[&str]) {
        self.wrapper = words.iter().map(|word| (*word).to_owned()).collect();
    }

    fn storage_arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--storage".to_owned(), self.storage.name().to_owned()];
        if let Some(database) = &self.database {
            arguments.extend(["--database-url".to_owned(), database.url()]);
        }
        arguments
    }

    /// Where its files are.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder beside its own, which goes with it.
    pub fn beside(&self) -> &Path {
        self.folder.path()
    }

    /// The database, on PostgreSQL.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// The process that was started, which is the wrapper's where there is one.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts it and waits until it serves; a sentence where it does not.
    pub fn start(&mut self) -> Result<Duration, String> {
        let begun = now();
        loop {
            self.spawn();
            match self.wait_until_ready() {
                Ok(()) => return Ok(now().duration_since(begun)),
                // Somebody's outgoing connection has our port for a moment.
                Err(why) if why.contains("in use") && now().duration_since(begun) < START => {
                    sleep(Duration::from_millis(200));
                }
                Err(why) => return Err(why),
            }
        }
    }

    /// Starts the process, and waits for nothing.
    pub fn spawn(&mut self) {
        let log = self.open_log();
        let mut words = self.wrapper.iter();
        let mut command = match words.next() {
            None => Command::new(&self.binary),
            Some(program) => {
                let mut command = Command::new(program);
                command.args(words).arg(&self.binary);
                command
            }
        };
        let child = command
            .args(&self.arguments)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server can be started");
        self.child = Some(child);
    }

    /// Waits until it serves.
    pub fn wait_until_ready(&mut self) -> Result<(), String> {
        let begun = now();
        let http = Http::default();
        let url = format!("{}/readyz", self.issuer);
        loop {
            let ready = http
                .try_send("GET", &url, &[], b"")
                .is_ok_and(|answer| answer.status == 200);
            // Looked at afterwards: somebody else may have answered on its port.
            if let Some(child) = &mut self.child
                && child.try_wait().unwrap().is_some()
            {
                return Err(format!("the server did not start: {}", self.last_words()));
            }
            if ready {
                return Ok(());
            }
            if now().duration_since(begun) > START {
                return Err(format!("not ready in {START:?}: {}", self.last_words()));
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// How far the write-ahead log has come.
    pub fn end_of_the_log(&self) -> EndOfLog {
        EndOfLog::of(&std::fs::read(self.log_of_the_database()).unwrap_or_default())
    }

    /// Takes away what the write-ahead log got since, as a disk does that had promised to keep it.
    pub fn lose_the_log_since(&self, end: &EndOfLog) {
        let path = self.log_of_the_database();
        let length = end.length_of(&std::fs::read(&path).unwrap());
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(length).unwrap();
    }

    fn log_of_the_database(&self) -> PathBuf {
        self.data_dir().join("gatelodge.db-wal")
    }

    /// SIGTERM to a process, and the end of the one that was started.
    pub fn terminate(&mut self, pid: u32) {
        let _ = Command::new("kill")
            .args(["-TERM", &pid.to_string()])
            .status();
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }

    /// `gatelodge audit verify` over its store.
    pub fn verify(&self, known_seal: Option<&str>) -> Output {
        let mut command = Command::new(&self.binary);
        command
            .args(["audit", "verify", "--data-dir"])
            .arg(self.data_dir())
            .args(self.storage_arguments());
        if let Some(seal) = known_seal {
            command.args(["--known-seal", seal]);
        }
        command.stdin(Stdio::null()).output().expect("it runs")
    }

    /// The newest seal that the log names whole, as `NUMBER:MAC`.
    pub fn newest_seal(&self) -> Option<String> {
        let log = std::fs::read_to_string(self.log_path()).ok()?;
        log.lines().rev().find_map(seal_of)
    }

    /// The log.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Forgets the log, so that it does not fill the disk; the newest seal stays in it.
    pub fn shorten_log(&self) {
        let log = self.log();
        let kept = log.lines().rev().find(|line| seal_of(line).is_some());
        let kept = kept.map(str::to_owned).unwrap_or_default();
        let mut file = File::create(self.log_path()).unwrap();
        writeln!(file, "{kept}").unwrap();
    }

    /// What clients know; an administrator signs in, and tokens of administrators are made to
    /// last, because nobody here is to sign in twice.
    pub fn world(&self) -> World {
        let demo = std::fs::read(self.data_dir().join("demo.json")).unwrap();
        let demo: Value = serde_json::from_slice(&demo).unwrap();
        let party = RelyingParty::new(&self.admin_url, &demo["admin_client"], "openid admin");
        let text = |name: &str| demo["admin"][name].as_str().unwrap();
        let sign_in = || {
            let code = party.code(&mut Browser::new(), text("username"), text("password"));
            party.redeem(&code).expect_status(200).field("access_token")
        };
        let first = self.administrator(sign_in());
        set(
            &first,
            "system",
            &json!({ "access_token_lifetime": 86_400 }),
        );
        World {
            issuer: self.issuer.clone(),
            admin_url: self.admin_url.clone(),
            public: RelyingParty::new(&self.issuer, &demo["public_client"], "openid profile"),
            confidential: RelyingParty::new(
                &self.issuer,
                &demo["confidential_client"],
                "openid email",
            ),
            administrator: sign_in(),
            pace: None,
            over: false.into(),
            count: 0.into(),
        }
    }

    /// Settings of the default realm.
    pub fn configure(&self, world: &World, settings: &Value) {
        set(
            &self.administrator(world.administrator.clone()),
            "default",
            settings,
        );
    }

    fn administrator(&self, token: String) -> Caller {
        Caller {
            http: Http::default(),
            base: format!("{}/admin/v1", self.admin_url),
            token,
        }
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn open_log(&self) -> File {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.log_path())
            .unwrap()
    }

    fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Caller {
    http: Http,
    base: String,
    token: String,
}

fn set(caller: &Caller, realm: &str, settings: &Value) {
    let authorization = format!("Bearer {}", caller.token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/merge-patch+json"),
    ];
    let url = format!("{}/realms/{realm}", caller.base);
    let body = json!({ "settings": settings });
    let _ = caller
        .http
        .json("PATCH", &url, &headers, &body)
        .expect_status(200);
}

/// The seal that a line of the log names, if it names one and is whole.
fn seal_of(line: &str) -> Option<String> {
    let line = line.contains("audit trail sealed").then_some(line)?;
    let field = |name: &str| {
        let start = line.find(&format!(" {name}="))? + name.len() + 2;
        let rest = line.get(start..)?;
        Some(rest.split(' ').next()?.trim_matches('"').to_owned())
    };
    let (number, mac) = (field("number")?, field("mac")?);
    let is_whole = mac.len() == 64 && mac.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_whole && number.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("{number}:{mac}"))
}

/// Where a write-ahead log ended at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndOfLog {
    /// The salts of that log; one that was begun anew has others.
    salts: Vec<u8>,
    /// In bytes.
    length: usize,
}

impl EndOfLog {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;

    /// Behind the last frame that counts may lie what is left of the log before it: its frames
    /// have other salts (<https://sqlite.org/fileformat2.html#walformat>).
    fn of(log: &[u8]) -> Self {
        let Some((header, frames)) = log.split_at_checked(Self::HEADER) else {
            let (salts, length) = (Vec::new(), 0);
            return Self { salts, length };
        };
        let page = u32::from_be_bytes(header[8..12].try_into().unwrap());
        let frame = Self::FRAME_HEADER + usize::try_from(page).unwrap();
        let salts = header[16..24].to_vec();
        let frames = frames.chunks_exact(frame);
        let counting = frames.take_while(|frame| frame[8..16] == *salts).count();
        let length = Self::HEADER + counting * frame;
        Self { salts, length }
    }

    /// How long a log is without what it got since: where it was begun anew, that is all of it.
    fn length_of(&self, log: &[u8]) -> u64 {
        let length = if Self::of(log).salts == self.salts {
            self.length
        } else {
            0
        };
        u64::try_from(length).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(salts: [u8; 8], frames: usize) -> Vec<u8> {
        let mut log = vec![0; 32];
        log[8..12].copy_from_slice(&512_u32.to_be_bytes());
        log[16..24].copy_from_slice(&salts);
        let olds = std::iter::repeat_n(*b"oldsalts", 30);
        for salts in std::iter::repeat_n(salts, frames).chain(olds) {
            log.extend_from_slice(&[0; 8]);
            log.extend_from_slice(&salts);
            log.extend_from_slice(&[0; 8 + 512]);
        }
        log
    }

    #[test]
    fn the_end_of_a_log_is_that_of_the_frames_that_count() {
        let end = EndOfLog::of(&log(*b"saltsalt", 8));
        assert_eq!(end.length, 32 + 8 * 536);
        assert_eq!(end.length_of(&log(*b"saltsalt", 10)), 32 + 8 * 536);
        assert_eq!(end.length_of(&log(*b"newsalts", 10)), 0);
        assert_eq!(EndOfLog::of(&[]).length, 0);
    }

    #[test]
    fn a_seal_is_read_from_the_log_and_half_a_line_is_not() {
        let mac = "ab".repeat(32);
        let line = format!(
            "2026-01-01T00:00:00Z  INFO audit trail sealed chain=\"audit\" number=17 last=40 mac=\"{mac}\""
        );
        assert_eq!(seal_of(&line), Some(format!("17:{mac}")));
        assert_eq!(seal_of(&line.replace('"', "")), Some(format!("17:{mac}")));
        assert_eq!(seal_of(&line[..line.len() - 9]), None);
        assert_eq!(seal_of("something else number=1"), None);
    }
}
