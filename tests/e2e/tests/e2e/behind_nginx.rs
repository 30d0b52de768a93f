//! The configuration of nginx that operators copy, `deploy/proxies/nginx.conf`, in front of a
//! server: only its names, addresses and certificate are other ones.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatelodge_testkit::{binary, free_port};

use crate::proxied::{DISCOVERY, Place, Proxied, changed, spoken};
use crate::tls::write_certificate;

const ADMIN_NETWORKS: &str = "allow 10.0.0.0/8;";

/// A server behind nginx, whose administrators are in `networks`, and nginx's port without TLS.
fn front(networks: &str) -> (Proxied, u16) {
    let [tls, plain] = [free_port(), free_port()];
    let place = |name| Place { name, port: tls };
    let house = Proxied::server(place("localhost"), place("admin.localhost"));
    write_certificate(house.folder.path(), "localhost");
    let [auth, admin] = house.ports;
    let servers = changed(
        "nginx.conf",
        &[
            ("admin.id.example.com", "admin.localhost".to_owned()),
            ("id.example.com", "localhost".to_owned()),
            ("127.0.0.1:9040", format!("127.0.0.1:{auth}")),
            ("127.0.0.1:9041", format!("127.0.0.1:{admin}")),
            ("listen 443 ssl", format!("listen 127.0.0.1:{tls} ssl")),
            ("listen 80;", format!("listen 127.0.0.1:{plain};")),
            ("/etc/nginx/tls/cert.pem", house.path("tls.crt")),
            ("/etc/nginx/tls/key.pem", house.path("tls.key")),
            (ADMIN_NETWORKS, networks.to_owned()),
        ],
    );
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {};\n", house.path(what)))
        .concat();
    let whole = format!(
        "daemon off;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\n\
         {temporary}{servers}\n}}\n",
        house.path("nginx.pid"),
        house.path("nginx.log"),
    );
    std::fs::write(house.folder.path().join("nginx.conf"), whole).unwrap();
    let program = Path::new("/usr/sbin/nginx");
    let program = if program.is_file() {
        program.to_owned()
    } else {
        PathBuf::from("nginx")
    };
    let mut nginx = Command::new(program);
    nginx
        .args(["-c", &house.path("nginx.conf")])
        .args(["-e", &house.path("nginx.log")]);
    (house.behind(&mut nginx), plain)
}

#[test]
fn people_come_in_through_nginx_and_administrators_from_their_networks_only() {
    let (house, plain) = front(ADMIN_NETWORKS);
    let document = house.public.get(DISCOVERY, "").unwrap();
    let issuer = format!("\"issuer\":\"{}\"", house.public.url());
    assert!(document.contains(&issuer), "{document}");
    let hsts = document.to_lowercase();
    assert!(hsts.contains("strict-transport-security"), "{document}");
    for probe in ["/readyz", "/healthz"] {
        assert_eq!(house.public.status(probe), 404, "{probe}");
    }
    assert_eq!(house.admin.status(DISCOVERY), 403);

    let plain = TcpStream::connect(("127.0.0.1", plain)).unwrap();
    let sent_on = spoken(plain, "localhost", "/login", "").unwrap();
    assert!(sent_on.starts_with("HTTP/1.1 308 "), "{sent_on}");
    assert!(
        sent_on.contains("Location: https://localhost/login"),
        "{sent_on}"
    );
}

#[test]
fn administrators_in_their_networks_reach_the_admin_port_and_no_figures() {
    let (house, _) = front("allow 127.0.0.1;");
    let document = house.admin.get(DISCOVERY, "").unwrap();
    let issuer = format!("\"issuer\":\"{}\"", house.admin.url());
    assert!(document.contains(&issuer), "{document}");
    assert_eq!(house.admin.status("/admin/v1/realms"), 401);
    for hidden in ["/metrics", "/readyz", "/healthz"] {
        assert_eq!(house.admin.status(hidden), 404, "{hidden}");
    }

    // The doctor goes the same way. The certificate is nobody's, so it says that much.
    let [auth, _] = house.ports;
    let ready = Command::new(binary("gatelodge"))
        .args(["doctor", "--ready", "--auth-listen"])
        .arg(format!("127.0.0.1:{auth}"))
        .status()
        .unwrap();
    assert!(ready.success());
    let examined = Command::new(binary("gatelodge"))
        .args(["doctor", "--data-dir", &house.path("data")])
        .args(["--auth-listen", &format!("127.0.0.1:{auth}")])
        .args(["--public-url", &house.public.url()])
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
