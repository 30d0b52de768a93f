//! The configuration of Traefik that operators copy, `deploy/proxies/traefik.yaml`, in front of a
//! server: only its names, addresses and networks are other ones, and its certificate is Traefik's
//! own.

use std::path::PathBuf;
use std::process::Command;

use gatelodge_testkit::{binary, free_port};

use crate::proxied::{DISCOVERY, Place, Proxied, changed};

const ADMIN_NETWORKS: &str = "sourceRange: [10.0.0.0/8, 192.168.0.0/16]";
const CERTIFICATE: &str = "tls:\n        certResolver: letsencrypt";

/// The program that `cargo xtask deploy` installs: a Python package brings it.
fn program() -> PathBuf {
    let built = binary("gatelodge");
    let target = built.parent().unwrap().parent().unwrap();
    let program = target.join("deploy/venv/bin/traefik");
    let missing = "TRAEFIK IS MISSING: `cargo xtask deploy` installs it";
    assert!(program.is_file(), "{missing} ({})", program.display());
    program
}

/// A server behind Traefik, whose administrators are in `networks`.
fn front(networks: &str) -> Proxied {
    let port = free_port();
    let place = |name| Place { name, port };
    let house = Proxied::server(place("localhost"), place("admin.localhost"));
    let [auth, admin] = house.ports;
    let server = |port| format!("          - url: http://127.0.0.1:{port}\n");
    let node = |number, port| format!("          - url: http://10.0.0.{number}:{port}\n");
    let dynamic = changed(
        "traefik.yaml",
        &[
            ("`admin.id.example.com`", "`admin.localhost`".to_owned()),
            ("`id.example.com`", "`localhost`".to_owned()),
            (&node(11, 9040), server(auth)),
            (&node(12, 9040), String::new()),
            (&node(11, 9041), server(admin)),
            (&node(12, 9041), String::new()),
            (CERTIFICATE, "tls: {}".to_owned()),
            (ADMIN_NETWORKS, networks.to_owned()),
        ],
    );
    std::fs::write(house.path("dynamic.yaml"), dynamic).unwrap();
    let log = house.path("traefik.log");
    let whole = format!(
        "global: {{checkNewVersion: false, sendAnonymousUsage: false}}\n\
         log: {{level: INFO, filePath: {log}}}\n\
         entryPoints: {{websecure: {{address: \"127.0.0.1:{port}\"}}}}\n\
         providers: {{file: {{filename: {}}}}}\n",
        house.path("dynamic.yaml"),
    );
    std::fs::write(house.path("traefik.yaml"), whole).unwrap();
    let mut traefik = Command::new(program());
    traefik.arg(format!("--configFile={}", house.path("traefik.yaml")));
    let house = house.behind(&mut traefik);
    let said = std::fs::read_to_string(log).unwrap_or_default();
    assert!(!said.contains(" ERR "), "{said}");
    house
}

#[test]
fn people_come_in_through_traefik_and_administrators_from_their_networks_only() {
    let house = front(ADMIN_NETWORKS);
    let document = house.public.get(DISCOVERY, "").unwrap();
    let issuer = format!("\"issuer\":\"{}\"", house.public.url());
    assert!(document.contains(&issuer), "{document}");
    let headers = document.to_lowercase();
    assert!(headers.contains("strict-transport-security"), "{document}");
    for probe in ["/readyz", "/healthz"] {
        assert_eq!(house.public.status(probe), 404, "{probe}");
    }
    assert_eq!(house.admin.status(DISCOVERY), 403);
}

#[test]
fn administrators_in_their_networks_reach_the_admin_port_through_traefik_and_no_figures() {
    let house = front("sourceRange: [127.0.0.1/32]");
    let document = house.admin.get(DISCOVERY, "").unwrap();
    let issuer = format!("\"issuer\":\"{}\"", house.admin.url());
    assert!(document.contains(&issuer), "{document}");
    assert_eq!(house.admin.status("/admin/v1/realms"), 401);
    for hidden in ["/metrics", "/readyz", "/healthz"] {
        assert_eq!(house.admin.status(hidden), 404, "{hidden}");
    }
}
