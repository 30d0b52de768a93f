//! A server with a proxy in front that runs with a file of `deploy/proxies/`, as operators copy
//! it: only its names, addresses and certificates are other ones.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use gatelodge_testkit::{binary, free_port};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use tempfile::TempDir;

use crate::tls::{Running, until};

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A file of `deploy/proxies/`, with other words in the place of some, all of which are there.
pub(crate) fn changed(file: &str, words: &[(&str, String)]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/proxies");
    let mut text = std::fs::read_to_string(folder.join(file)).unwrap();
    for (theirs, ours) in words {
        assert!(text.contains(theirs), "{theirs} is gone from {file}");
        text = text.replace(theirs, ours);
    }
    text
}

/// Where a proxy is reached over TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
}

impl Place {
    pub(crate) fn url(self) -> String {
        format!("https://{}:{}", self.name, self.port)
    }

    /// The answer to a GET with these lines of headers; the certificate may be anybody's.
    pub(crate) fn get(self, path: &str, headers: &str) -> Option<String> {
        let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        let stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let stream = connector.build().connect(self.name, stream).ok()?;
        let host = format!("{}:{}", self.name, self.port);
        spoken(stream, &host, path, headers)
    }

    /// The status of an answer.
    pub(crate) fn status(self, path: &str) -> u16 {
        let answer = self.get(path, "").unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

/// The answer to a GET on that connection.
pub(crate) fn spoken(
    mut stream: impl Read + Write,
    host: &str,
    path: &str,
    headers: &str,
) -> Option<String> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// A server that is told to trust a proxy of this machine.
pub(crate) struct Proxied {
    pub(crate) folder: TempDir,
    pub(crate) public: Place,
    pub(crate) admin: Place,
    /// Where it listens itself.
    pub(crate) ports: [u16; 2],
    running: Vec<Running>,
}

impl Proxied {
    /// Starts it; nobody is in front yet.
    pub(crate) fn server(public: Place, admin: Place) -> Self {
        let mut house = Self {
            folder: TempDir::new().unwrap(),
            public,
            admin,
            ports: [free_port(), free_port()],
            running: Vec::new(),
        };
        let mut server = house.command("serve");
        house.run(&mut server);
        house
    }

    /// `gatelodge` with the configuration of this server.
    fn command(&self, verb: &str) -> Command {
        let [auth, admin] = self.ports;
        let mut command = Command::new(binary("gatelodge"));
        command
            .args([verb, "--trusted-proxy", "127.0.0.1"])
            .args(["--data-dir", &self.path("data")])
            .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
            .args(["--admin-listen", &format!("127.0.0.1:{admin}")])
            .args(["--public-url", &self.public.url()])
            .args(["--admin-url", &self.admin.url()]);
        command
    }

    fn run(&mut self, command: &mut Command) {
        self.running.push(Running(quiet(command)));
    }

    /// Puts a proxy before it, and waits until both answer.
    pub(crate) fn behind(mut self, proxy: &mut Command) -> Self {
        self.run(proxy);
        until(|| {
            let answer = self.public.get(DISCOVERY, "");
            answer.filter(|answer| answer.starts_with("HTTP/1.1 200 "))
        });
        self
    }

    pub(crate) fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    /// What the doctor says who believes the authority in that file.
    pub(crate) fn doctor(&self, authority: &str) -> Output {
        let mut doctor = self.command("doctor");
        doctor.arg("--json").env("SSL_CERT_FILE", authority);
        doctor.output().unwrap()
    }
}

fn quiet(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
