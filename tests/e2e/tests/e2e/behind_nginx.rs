//! The configuration of nginx that operators copy, `deploy/proxies/nginx.conf`, in front of a
//! server: only its names, addresses and certificate are other ones.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatelodge_testkit::{binary, free_port};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};

use crate::tls::{Running, until, write_certificate};

const ADMIN_NETWORKS: &str = "allow 10.0.0.0/8;";

struct Front {
    folder: tempfile::TempDir,
    tls: u16,
    plain: u16,
    /// Of the server itself.
    ports: [u16; 2],
    _running: [Running; 2],
}

/// A server behind nginx, whose administrators are in `networks`.
fn front(networks: &str) -> Front {
    let folder = tempfile::TempDir::new().unwrap();
    write_certificate(folder.path(), "localhost");
    let [tls, plain, auth, admin] = [free_port(), free_port(), free_port(), free_port()];
    let mut server = Command::new(binary("gatelodge"));
    server
        .args(["serve", "--trusted-proxy", "127.0.0.1", "--data-dir"])
        .arg(folder.path().join("data"))
        .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
        .args(["--admin-listen", &format!("127.0.0.1:{admin}")])
        .args(["--public-url", &format!("https://localhost:{tls}")])
        .args(["--admin-url", &format!("https://admin.localhost:{tls}")]);
    let server = quiet(&mut server);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/proxies/nginx.conf");
    let mut servers = std::fs::read_to_string(file).unwrap();
    for (theirs, ours) in [
        ("admin.id.example.com", "admin.localhost".to_owned()),
        ("id.example.com", "localhost".to_owned()),
        ("127.0.0.1:9040", format!("127.0.0.1:{auth}")),
        ("127.0.0.1:9041", format!("127.0.0.1:{admin}")),
        ("listen 443 ssl", format!("listen 127.0.0.1:{tls} ssl")),
        ("listen 80;", format!("listen 127.0.0.1:{plain};")),
        ("/etc/nginx/tls/cert.pem", path(&folder, "tls.crt")),
        ("/etc/nginx/tls/key.pem", path(&folder, "tls.key")),
        (ADMIN_NETWORKS, networks.to_owned()),
    ] {
        assert!(servers.contains(theirs), "{theirs} is gone from nginx.conf");
        servers = servers.replace(theirs, &ours);
    }
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {};\n", path(&folder, what)))
        .concat();
    let whole = format!(
        "daemon off;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\n\
         {temporary}{servers}\n}}\n",
        path(&folder, "nginx.pid"),
        path(&folder, "nginx.log"),
    );
    std::fs::write(folder.path().join("nginx.conf"), whole).unwrap();
    let program = Path::new("/usr/sbin/nginx");
    let program = if program.is_file() {
        program.to_owned()
    } else {
        PathBuf::from("nginx")
    };
    let mut nginx = Command::new(program);
    nginx
        .args(["-c", &path(&folder, "nginx.conf")])
        .args(["-e", &path(&folder, "nginx.log")]);
    let nginx = quiet(&mut nginx);
    let front = Front {
        folder,
        tls,
        plain,
        ports: [auth, admin],
        _running: [Running(nginx), Running(server)],
    };
    until(|| {
        front
            .get("localhost", DISCOVERY, "")
            .filter(|answer| answer.starts_with(OK))
    });
    front
}

const OK: &str = "HTTP/1.1 200 ";
const DISCOVERY: &str = "/.well-known/openid-configuration";

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn quiet(command: &mut Command) -> std::process::Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn spoken(mut stream: impl std::io::Read + std::io::Write, request: &str) -> Option<String> {
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Some(String::from_utf8_lossy(&answer).into_owned())
}

impl Front {
    fn get(&self, name: &str, path: &str, headers: &str) -> Option<String> {
        let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        let stream = TcpStream::connect(("127.0.0.1", self.tls)).ok()?;
        let stream = connector.build().connect(name, stream).ok()?;
        let host = format!("{name}:{}", self.tls);
        spoken(stream, &request(&host, path, headers))
    }

    /// The status of an answer through nginx.
    fn status(&self, name: &str, path: &str) -> u16 {
        let answer = self.get(name, path, "").unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

fn request(host: &str, path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n")
}

#[test]
fn people_come_in_through_nginx_and_administrators_from_their_networks_only() {
    let front = front(ADMIN_NETWORKS);
    let document = front.get("localhost", DISCOVERY, "").unwrap();
    let issuer = format!("\"issuer\":\"https://localhost:{}\"", front.tls);
    assert!(document.contains(&issuer), "{document}");
    let hsts = document.to_lowercase();
    assert!(hsts.contains("strict-transport-security"), "{document}");
    for probe in ["/readyz", "/healthz"] {
        assert_eq!(front.status("localhost", probe), 404, "{probe}");
    }
    assert_eq!(front.status("admin.localhost", DISCOVERY), 403);

    let plain = TcpStream::connect(("127.0.0.1", front.plain)).unwrap();
    let sent_on = spoken(plain, &request("localhost", "/login", "")).unwrap();
    assert!(sent_on.starts_with("HTTP/1.1 308 "), "{sent_on}");
    assert!(
        sent_on.contains("Location: https://localhost/login"),
        "{sent_on}"
    );
}

#[test]
fn administrators_in_their_networks_reach_the_admin_port_and_no_figures() {
    let front = front("allow 127.0.0.1;");
    let document = front.get("admin.localhost", DISCOVERY, "").unwrap();
    let issuer = format!("\"issuer\":\"https://admin.localhost:{}\"", front.tls);
    assert!(document.contains(&issuer), "{document}");
    assert_eq!(front.status("admin.localhost", "/admin/v1/realms"), 401);
    for hidden in ["/metrics", "/readyz", "/healthz"] {
        assert_eq!(front.status("admin.localhost", hidden), 404, "{hidden}");
    }

    // The doctor goes the same way. The certificate is nobody's, so it says that much.
    let [auth, _] = front.ports;
    let ready = Command::new(binary("gatelodge"))
        .args(["doctor", "--ready", "--auth-listen"])
        .arg(format!("127.0.0.1:{auth}"))
        .status()
        .unwrap();
    assert!(ready.success());
    let examined = Command::new(binary("gatelodge"))
        .args(["doctor", "--data-dir", &path(&front.folder, "data")])
        .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
        .args(["--public-url", &format!("https://localhost:{}", front.tls)])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&examined.stdout);
    assert!(
        said.contains("fail  proxy"),
        "nothing is trusted here: {said}"
    );
    assert!(said.contains("--trusted-proxy"), "{said}");
    assert!(said.contains("is not reached from here"), "{said}");
}
