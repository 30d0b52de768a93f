//! nginx in front of the nodes: the public and the admin port, shared by all, and a door of its
//! own to each node, for what must be seen at one and not at another.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gatelodge_testkit::{Http, free_port};

use crate::stopwatch::until;

const PATIENCE: Duration = Duration::from_mins(2);

/// A node as nginx sees it.
#[derive(Debug, Clone)]
pub struct Upstream {
    auth: u16,
    admin: u16,
    auth_door: u16,
    admin_door: u16,
    down: bool,
}

/// A running nginx. It is stopped when it goes out of scope.
#[derive(Debug)]
pub struct Proxy {
    folder: PathBuf,
    child: Option<Child>,
    auth: u16,
    admin: u16,
    upstreams: Vec<Upstream>,
}

impl Proxy {
    /// nginx on these ports, with its files in that folder; not started yet.
    pub fn new(folder: PathBuf, auth: u16, admin: u16) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            folder,
            child: None,
            auth,
            admin,
            upstreams: Vec::new(),
        }
    }

    /// Adds a node; its ports.
    pub fn add(&mut self) -> (u16, u16) {
        let upstream = Upstream {
            auth: free_port(),
            admin: free_port(),
            auth_door: free_port(),
            admin_door: free_port(),
            down: false,
        };
        let ports = (upstream.auth, upstream.admin);
        self.upstreams.push(upstream);
        ports
    }

    /// The doors to one node: auth and admin.
    pub fn doors(&self, node: usize) -> (String, String) {
        let upstream = &self.upstreams[node];
        let url = |port| format!("http://127.0.0.1:{port}");
        (url(upstream.auth_door), url(upstream.admin_door))
    }

    /// Checks the configuration and starts.
    pub fn start(&mut self) {
        self.write();
        check(&self.folder.join("nginx.conf"));
        let child = self
            .command()
            .args(["-g", "daemon off;"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed");
        self.child = Some(child);
        // An answer, and not only a connection: one to a port that nobody listens on yet can meet
        // itself, and a worker that is not there yet resets it.
        let url = format!("http://127.0.0.1:{}/healthz", self.auth);
        let up = until(PATIENCE, || {
            Http::default().try_send("GET", &url, &[], b"").is_ok()
        });
        assert!(up.is_some(), "nginx does not answer");
    }

    /// Sends nothing new to a node, as an operator would before stopping it, and waits until
    /// what was sent there before is answered.
    pub fn take_out(&mut self, node: usize) {
        self.upstreams[node].down = true;
        self.reload();
    }

    /// Sends to it again.
    pub fn put_in(&mut self, node: usize) {
        self.upstreams[node].down = false;
        self.reload();
    }

    fn reload(&mut self) {
        let before = self.workers();
        self.write();
        let reloaded = self.command().args(["-s", "reload"]).status().unwrap();
        assert!(reloaded.success(), "nginx does not reload");
        let over = until(PATIENCE, || {
            let now = self.workers();
            !now.is_empty() && now.iter().all(|worker| !before.contains(worker))
        });
        assert!(over.is_some(), "nginx's earlier workers do not end");
    }

    /// The processes that answer.
    fn workers(&self) -> Vec<u32> {
        let Some(child) = &self.child else {
            return Vec::new();
        };
        let master = child.id();
        let children = format!("/proc/{master}/task/{master}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        children
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect()
    }

    fn command(&self) -> Command {
        let mut command = Command::new("nginx");
        command.arg("-c").arg(self.folder.join("nginx.conf"));
        command.arg("-e").arg(self.folder.join("error.log"));
        command
    }

    fn write(&self) {
        let folder = self.folder.display();
        let mut text = format!(
            "worker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n\
             events {{ worker_connections 4096; }}\nhttp {{\naccess_log off;\n"
        );
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            let _ = writeln!(text, "{kind}_temp_path {folder}/{kind};");
        }
        text.push_str(
            "proxy_http_version 1.1;\nproxy_set_header Connection \"\";\n\
             proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
             proxy_next_upstream error timeout;\nproxy_connect_timeout 2s;\n",
        );
        let ports = |of: fn(&Upstream) -> u16| {
            let mut servers = String::new();
            for upstream in &self.upstreams {
                let down = if upstream.down { " down" } else { "" };
                let _ = writeln!(
                    servers,
                    "server 127.0.0.1:{} max_fails=3 fail_timeout=1s{down};",
                    of(upstream)
                );
            }
            servers
        };
        for (name, listen, servers) in [
            ("auth", self.auth, ports(|upstream| upstream.auth)),
            ("admin", self.admin, ports(|upstream| upstream.admin)),
        ] {
            let _ = writeln!(
                text,
                "upstream {name} {{\n{servers}keepalive 32;\nkeepalive_timeout 20s;\n}}\n\
                 server {{ listen 127.0.0.1:{listen}; location / {{ proxy_pass http://{name}; \
                 proxy_set_header Host 127.0.0.1:{listen}; }} }}"
            );
        }
        for upstream in &self.upstreams {
            for (door, to, known_as) in [
                (upstream.auth_door, upstream.auth, self.auth),
                (upstream.admin_door, upstream.admin, self.admin),
            ] {
                let _ = writeln!(
                    text,
                    "server {{ listen 127.0.0.1:{door}; location / {{ \
                     proxy_pass http://127.0.0.1:{to}; \
                     proxy_set_header Host 127.0.0.1:{known_as}; }} }}"
                );
            }
        }
        text.push_str("}\n");
        std::fs::write(self.folder.join("nginx.conf"), text).unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = child.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &pid]).status();
            let _ = child.wait();
        }
    }
}

/// `nginx -t`.
pub fn check(configuration: &Path) {
    let output = Command::new("nginx")
        .arg("-t")
        .arg("-c")
        .arg(configuration)
        .output()
        .expect("nginx is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
