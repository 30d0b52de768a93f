//! The configuration of Caddy that operators copy, `deploy/proxies/Caddyfile`, in front of a
//! server. Its names come from the environment, so it runs as it is; the certificates are of an
//! authority of Caddy's own.

use std::net::TcpStream;
use std::process::Command;

use gatelodge_testkit::free_port;
use serde_json::Value;

use crate::proxied::{DISCOVERY, Place, Proxied, changed, spoken};

/// Before the file that is copied: where Caddy keeps its things, and that it leaves the machine's
/// own list of authorities alone.
const SURROUNDINGS: &str = "{\n\tadmin off\n\tskip_install_trust\n\
     \thttp_port PLAIN\n\tstorage file_system STORAGE\n}\n";

struct Front {
    house: Proxied,
    plain: u16,
    /// The certificate of Caddy's authority.
    authority: String,
}

/// A server behind Caddy, with other words in its file.
fn front(words: &[(&str, String)]) -> Front {
    let place = || Place {
        name: "localhost",
        port: free_port(),
    };
    let plain = free_port();
    let house = Proxied::server(place(), place());
    let storage = house.path("caddy");
    let surroundings = SURROUNDINGS
        .replace("PLAIN", &plain.to_string())
        .replace("STORAGE", &storage);
    let file = house.path("Caddyfile");
    let whole = format!("{surroundings}{}", changed("Caddyfile", words));
    std::fs::write(&file, whole).unwrap();
    let [auth, admin] = house.ports;
    let host = |place: Place| format!("{}:{}", place.name, place.port);
    let mut caddy = Command::new("caddy");
    caddy
        .args(["run", "--adapter", "caddyfile", "--config", &file])
        .env("PUBLIC_HOST", host(house.public))
        .env("ADMIN_HOST", host(house.admin))
        .env("GATELODGE_AUTH", format!("127.0.0.1:{auth}"))
        .env("GATELODGE_ADMIN", format!("127.0.0.1:{admin}"))
        .env("HOME", house.path("home"));
    let authority = format!("{storage}/pki/authorities/local/root.crt");
    Front {
        house: house.behind(&mut caddy),
        plain,
        authority,
    }
}

/// Severity of every finding of a check, with what was seen.
fn found(doctor: &std::process::Output, check: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .filter(|finding| finding["check"] == check)
        .map(|finding| (text(&finding["severity"]), text(&finding["seen"])))
        .collect()
}

#[test]
fn people_and_administrators_come_in_through_caddy_and_the_doctor_finds_it_sound() {
    let Front {
        house,
        plain,
        authority,
    } = front(&[]);
    for place in [house.public, house.admin] {
        let document = place.get(DISCOVERY, "").unwrap();
        let issuer = format!("\"issuer\":\"{}\"", place.url());
        assert!(document.contains(&issuer), "{document}");
        let headers = document.to_lowercase();
        assert!(headers.contains("strict-transport-security"), "{document}");
    }
    for probe in ["/readyz", "/healthz"] {
        assert_eq!(house.public.status(probe), 404, "{probe}");
    }
    for hidden in ["/metrics", "/readyz", "/healthz"] {
        assert_eq!(house.admin.status(hidden), 404, "{hidden}");
    }
    assert_eq!(house.admin.status("/admin/v1/realms"), 401);
    // Whatever a client says of itself does not arrive: who is asked goes by Caddy's word.
    let spoofed = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: evil.example\r\n";
    let document = house.public.get(DISCOVERY, spoofed).unwrap();
    assert!(document.starts_with("HTTP/1.1 200 "), "{document}");
    assert!(!document.contains("evil.example"), "{document}");

    let plain = TcpStream::connect(("127.0.0.1", plain)).unwrap();
    let sent_on = spoken(plain, "localhost", "/login", "").unwrap();
    assert!(sent_on.starts_with("HTTP/1.1 308 "), "{sent_on}");

    // The doctor goes the same way, and believes Caddy's authority.
    let doctor = house.doctor(&authority);
    let text = String::from_utf8_lossy(&doctor.stdout);
    for check in ["proxy", "server", "issuer", "admin issuer", "clock"] {
        let found = found(&doctor, check);
        assert!(!found.is_empty(), "nothing about {check} in {text}");
        let sound = found.iter().all(|(severity, _)| severity == "ok");
        assert!(sound, "{check}: {text}");
    }
    assert_eq!(doctor.status.code(), Some(0), "{text}");
    let stranger = house.doctor("/dev/null");
    let issuer = found(&stranger, "issuer");
    assert_eq!(issuer[0].0, "fail", "nobody vouches for it: {issuer:?}");
}

#[test]
fn a_proxy_that_changes_the_host_is_named_by_the_doctor_with_the_way_to_mend_it() {
    // What is asked of the other port keeps its host, so that the wait has an end. A trusted
    // proxy's word of what was asked for would be enough; here it does not say that either.
    let changes = "{$GATELODGE_ADMIN:127.0.0.1:9041} {";
    let host =
        format!("{changes}\n\t\theader_up Host changed.example\n\t\theader_up -X-Forwarded-Host");
    let front = front(&[(changes, host)]);
    assert_eq!(front.house.admin.status(DISCOVERY), 421);
    let doctor = front.house.doctor(&front.authority);
    assert_eq!(doctor.status.code(), Some(1));
    assert_eq!(found(&doctor, "issuer")[0].0, "ok");
    let (severity, seen) = &found(&doctor, "admin issuer")[0];
    assert_eq!(severity, "fail");
    assert!(seen.contains("changes the host of requests"), "{seen}");
}
