//! A server under observation: its log is kept, and its surroundings can be chosen.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gatelodge_testkit::client::basic;
use gatelodge_testkit::{Answer, Browser, Http, RelyingParty, binary, free_port};
use serde_json::Value;
use tempfile::TempDir;

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    launcher: Vec<String>,
    data_dir: Option<PathBuf>,
}

impl Plan {
    /// `gatelodge serve --demo`.
    pub(crate) fn demo() -> Self {
        Self::default().argument("--demo")
    }

    /// With a further argument.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With a flag and its value.
    pub(crate) fn flag(self, name: &str, value: &str) -> Self {
        self.argument(name).argument(value)
    }

    /// With a variable in its environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a setting, as `limits.in_flight`.
    pub(crate) fn setting(self, key: &str, value: &str) -> Self {
        let name = key.to_ascii_uppercase().replace('.', "__");
        self.variable(&format!("GATELODGE__{name}"), value)
    }

    /// Run by another program, as `prlimit --nofile=64`.
    pub(crate) fn under(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// In that data folder instead of one of its own.
    #[cfg_attr(
        not(feature = "machine-tests"),
        expect(
            dead_code,
            reason = "only the stories that need a machine of their own do"
        )
    )]
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.data_dir = Some(folder.to_owned());
        self
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(&self) -> House {
        House::start(self)
    }
}

/// A running server. It is killed when it goes out of scope.
pub(crate) struct House {
    child: Child,
    log: Arc<Mutex<String>>,
    plan: Plan,
    _folder: Option<TempDir>,
    data_dir: PathBuf,
    ports: (u16, u16),
    /// The default realm's issuer.
    pub(crate) issuer: String,
    /// The issuer of `system`.
    pub(crate) admin_url: String,
    /// `demo.json`, with `--demo`.
    pub(crate) demo: Value,
}

impl House {
    fn start(plan: &Plan) -> Self {
        // Another process may take a port between our look and the server's bind.
        for _ in 0..5 {
            let ports = (free_port(), free_port());
            let folder = plan.data_dir.is_none().then(|| TempDir::new().unwrap());
            let data_dir = folder.as_ref().map_or_else(
                || plan.data_dir.clone().unwrap_or_default(),
                |folder| folder.path().join("data"),
            );
            let log = Arc::default();
            let mut house = Self {
                child: spawn(plan, &data_dir, ports, &log),
                log,
                plan: plan.clone(),
                _folder: folder,
                data_dir,
                ports,
                issuer: format!("http://127.0.0.1:{}", ports.0),
                admin_url: format!("http://127.0.0.1:{}", ports.1),
                demo: Value::Null,
            };
            if house.becomes_ready() {
                house.demo = std::fs::read(house.data_dir.join("demo.json"))
                    .map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
                return house;
            }
            let said = house.said();
            assert!(
                said.contains("in use by another program"),
                "it did not start: {said}"
            );
        }
        panic!("no free ports after five tries");
    }

    /// False when it ended.
    fn becomes_ready(&mut self) -> bool {
        let began = Instant::now();
        let probe = format!("{}/readyz", self.issuer);
        while began.elapsed() < PATIENCE {
            let asked = Http::default().try_send("GET", &probe, &[], b"");
            // Looked at afterwards: somebody else may have answered on its port.
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if asked.is_ok_and(|answer| answer.status == 200) {
                return true;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("not ready within {PATIENCE:?}: {}", self.said());
    }

    /// SIGKILL, and a start on the same ports and folder.
    #[cfg_attr(
        not(feature = "machine-tests"),
        expect(
            dead_code,
            reason = "only the stories that need a machine of their own do"
        )
    )]
    pub(crate) fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(&self.plan, &self.data_dir, self.ports, &self.log);
        assert!(self.becomes_ready(), "{}", self.said());
    }

    /// SIGTERM, and the exit status.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Whether the process is alive.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its data folder.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Where its auth port listens.
    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.ports.0)
    }

    /// Its log so far.
    pub(crate) fn said(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How many lines of its log contain that.
    pub(crate) fn times_said(&self, text: &str) -> usize {
        self.said()
            .lines()
            .filter(|line| line.contains(text))
            .count()
    }

    /// `/readyz` of the auth port.
    pub(crate) fn readyz(&self) -> Answer {
        Http::default().get(&format!("{}/readyz", self.issuer), &[])
    }

    /// The value of a sample of `/metrics`; zero where it is not there yet.
    pub(crate) fn figure(&self, sample: &str) -> u64 {
        let page = Http::default().get(&format!("{}/metrics", self.admin_url), &[]);
        let page = page.expect_status(200).text();
        let value = page.lines().find_map(|line| line.strip_prefix(sample));
        value.map_or(0, |value| value.trim().parse().unwrap())
    }

    /// Discovery of the default realm.
    pub(crate) fn discovery(&self) -> Answer {
        let url = format!("{}/.well-known/openid-configuration", self.issuer);
        Http::default().get(&url, &[])
    }

    /// An access token by client credentials: a durable road.
    pub(crate) fn client_credentials(&self) -> Answer {
        self.machine()
            .token(&[("grant_type", "client_credentials")])
    }

    /// The confidential client, asking for nothing.
    pub(crate) fn machine(&self) -> RelyingParty {
        RelyingParty::new(&self.issuer, &self.demo["confidential_client"], "")
    }

    /// The public client.
    pub(crate) fn app(&self) -> RelyingParty {
        RelyingParty::new(&self.issuer, &self.demo["public_client"], "openid")
    }

    /// The person's name and password.
    pub(crate) fn person(&self) -> (&str, &str) {
        let text = |name: &str| self.demo["user"][name].as_str().unwrap();
        (text("username"), text("password"))
    }

    /// A code for that client, in a browser of its own.
    pub(crate) fn code(&self, party: &RelyingParty) -> String {
        let (username, password) = self.person();
        party.code(&mut Browser::new(), username, password)
    }

    /// What introspection says of a token, asked by the confidential client.
    pub(crate) fn introspect(&self, token: &str) -> Answer {
        self.machine()
            .authenticated_post("/oauth2/introspect", &[("token", token)])
    }

    /// The confidential client's `Authorization`.
    pub(crate) fn machine_credentials(&self) -> String {
        let party = self.machine();
        basic(&party.client_id, party.client_secret.as_deref().unwrap())
    }

    /// Waits until `/readyz` says that everything works. It says otherwise for a moment when the
    /// machine stood still, or its disk did.
    pub(crate) fn is_well(&self) {
        eventually("everything works", || {
            let answer = self.readyz();
            answer.status == 200 && answer.text() == "ready\n"
        });
    }

    /// Fails unless the log tells that trouble's episodes and not its requests, each with its end:
    /// one, and another one only where the machine stood still for seconds in between.
    pub(crate) fn told_by_episode(&self, trouble: &str, how: &str) {
        let begun = || self.times_said(&format!("{trouble}: {how}"));
        eventually("what has begun is over", || {
            self.times_said(&format!("over: {trouble}")) == begun()
        });
        assert!((1..=3).contains(&begun()), "{}: {}", begun(), self.said());
    }

    /// The same after something was wrong, and until the log says that it is over.
    pub(crate) fn recovers(&self) {
        self.is_well();
        eventually("the log says that it is over", || {
            self.times_said("over: ") > 0
        });
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server had said:\n{}", self.said());
        }
    }
}

fn spawn(plan: &Plan, data_dir: &Path, ports: (u16, u16), log: &Arc<Mutex<String>>) -> Child {
    let program = binary("gatelodge");
    let mut command = match plan.launcher.split_first() {
        None => Command::new(program),
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
    };
    let mut child = command
        .arg("serve")
        .arg("--data-dir")
        .arg(data_dir)
        .args(["--auth-listen", &format!("127.0.0.1:{}", ports.0)])
        .args(["--admin-listen", &format!("127.0.0.1:{}", ports.1)])
        .args(&plan.arguments)
        .env_remove("RUST_LOG")
        .envs(plan.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    child
}

/// How long a state is waited for: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits for a state, generously.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(50));
    }
}

/// Fails unless this is a 503 that says when to come back and names no part of the storage.
pub(crate) fn expect_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(
        answer.header("retry-after").is_some(),
        "{:?}",
        answer.headers
    );
    expect_discreet(&answer.text());
}

/// Fails where a text tells a stranger what our storage is made of.
pub(crate) fn expect_discreet(text: &str) {
    let text = text.to_ascii_lowercase();
    // Long words only: an incident's name is made of random letters.
    for word in ["sqlite", "postgres", "is full", "gatelodge.db", "os error"] {
        assert!(!text.contains(word), "`{word}` in {text}");
    }
}
