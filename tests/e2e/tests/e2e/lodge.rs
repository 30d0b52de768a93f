//! The real `lodge` against the real server: people and machines sign in, use it, and describe
//! realms in files.

mod defences;
mod files;
mod guide;
#[cfg(feature = "machine-tests")]
mod looks;
mod manners;
mod realm_parts;
mod resources;
mod signing_in;
mod terminal;
mod tls;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use gatelodge_testkit::{Answer, Browser, Http, Server, binary};
use serde_json::Value;
use tempfile::TempDir;

use crate::wizard::Terminal;

/// Somebody's machine with `lodge` on it, and nothing else.
struct Lodge {
    home: TempDir,
    admin_url: String,
    variables: Vec<(String, String)>,
}

/// What came of a command.
#[derive(Debug)]
struct Said {
    status: i32,
    out: String,
    err: String,
}

impl Lodge {
    /// Nobody has signed in there yet.
    fn of(server: &Server) -> Self {
        Self {
            home: TempDir::new().unwrap(),
            admin_url: server.admin_url.clone(),
            variables: Vec::new(),
        }
    }

    /// The demonstration's administrator is signed in.
    fn signed_in(server: &Server) -> Self {
        let lodge = Self::of(server);
        lodge.sign_in(server, &[]).expect(0);
        lodge
    }

    /// With a variable.
    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("lodge"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("COLUMNS", "80")
            .env("LODGE_ADMIN_URL", &self.admin_url)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "")
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that asks for nothing may end before it is told.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Said::of(child)
    }

    /// The same where a person sees it and can be asked.
    fn at_a_terminal(&self, arguments: &str) -> Terminal {
        let command = format!(
            "env -i TERM=xterm COLUMNS=80 HOME={} LODGE_ADMIN_URL={} {} {arguments}",
            self.home.path().display(),
            self.admin_url,
            binary("lodge").display()
        );
        Terminal::run(&command, self.home.path())
    }

    /// What a command that succeeds answers, as JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[arguments, &["-o", "json"]].concat()).expect(0);
        serde_json::from_str(&said.out).unwrap()
    }

    /// Begins a sign-in, and answers the address that it prints.
    fn begin(&self, arguments: &[&str]) -> (Child, String) {
        let line = [&["login", "--no-browser"], arguments].concat();
        let mut child = self.command(&line).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        out.read_line(&mut url).unwrap();
        (child, url.trim().to_owned())
    }

    /// Signs the demonstration's administrator in through the pages.
    fn sign_in(&self, server: &Server, arguments: &[&str]) -> Said {
        let (child, url) = self.begin(arguments);
        let admin = |name: &str| server.demo["admin"][name].as_str().unwrap();
        let last = walk(&url, admin("username"), admin("password"), "allow");
        let page = Http::default().get(&last.location(), &[]);
        assert_eq!(page.status, 200, "{}", page.text());
        Said::of(child)
    }

    fn profile(&self) -> PathBuf {
        let folder = self.home.path().join(".config/gatelodge/lodge");
        folder.join("default.json")
    }

    fn read_profile(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.profile()).unwrap()).unwrap()
    }

    /// Makes the access token look as if its time were over.
    fn age(&self) {
        let mut profile = self.read_profile();
        profile["expires_at"] = 0.into();
        std::fs::write(self.profile(), profile.to_string()).unwrap();
    }

    /// Puts a file into the home folder, whole at once: somebody may be reading it.
    fn write(&self, name: &str, text: &str) {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let fresh = self.home.path().join(".fresh");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(fresh, path).unwrap();
    }
}

impl Said {
    fn of(mut child: Child) -> Self {
        let (mut out, mut err) = (String::new(), String::new());
        // Standard output may have been taken already.
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_string(&mut out).unwrap();
        }
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        Self {
            status: child.wait().unwrap().code().unwrap(),
            out,
            err,
        }
    }

    #[track_caller]
    fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    /// Everything that was said, on either stream.
    fn all(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }
}

/// Signs somebody in and decides about consent; answers the redirect that leads back.
fn walk(url: &str, username: &str, password: &str, decision: &str) -> Answer {
    let mut browser = Browser::new();
    let mut page = browser.open(url);
    for _ in 0..3 {
        if page.status == 303 {
            return page;
        }
        let form = Browser::form(&page);
        let asks = form.buttons.iter().any(|(name, _)| name == "decision");
        page = if asks {
            browser.submit_form(&form, &[("decision", decision)])
        } else {
            browser.submit_form(&form, &[("username", username), ("password", password)])
        };
    }
    panic!("no way back, but {}: {}", page.status, page.text());
}
