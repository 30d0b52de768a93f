//! The files that operators copy for Prometheus, `deploy/prometheus/`, read by a real one that
//! asks a real server: only its address, its token and its pace are other ones.

use std::path::Path;
use std::process::{Command, Stdio};

use gatelodge_testkit::{Http, Server, free_port};
use serde_json::Value;
use tempfile::TempDir;

use crate::tls::{Running, until};

const TOKEN: &str = "a-token-of-the-scraper-0123456789abcdef";

/// A Prometheus that asks that server.
struct Prometheus {
    url: String,
    _running: Running,
}

impl Prometheus {
    fn asks(server: &Server, folder: &Path) -> Self {
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus");
        let token = folder.join("token");
        std::fs::write(&token, TOKEN).unwrap();
        let mut scrape = std::fs::read_to_string(files.join("scrape.yaml")).unwrap();
        for (theirs, ours) in [
            ("scrape_interval: 15s", "scrape_interval: 1s"),
            ("/etc/prometheus/gatelodge-token", token.to_str().unwrap()),
            (
                "10.0.0.11:9041",
                server.admin_url.strip_prefix("http://").unwrap(),
            ),
            ("          - 10.0.0.12:9041\n", ""),
        ] {
            assert!(scrape.contains(theirs), "{theirs} is gone from scrape.yaml");
            scrape = scrape.replace(theirs, ours);
        }
        let config = folder.join("prometheus.yml");
        let whole = format!("global: {{evaluation_interval: 1s}}\n{scrape}");
        std::fs::write(&config, whole).unwrap();
        std::fs::copy(files.join("alerts.yaml"), folder.join("alerts.yaml")).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let running = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("tsdb").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prometheus = Self {
            url: format!("http://{address}/api/v1"),
            _running: Running(running),
        };
        let place = address;
        until(|| std::net::TcpStream::connect(&place).ok());
        prometheus
    }

    fn get(&self, path: &str) -> Value {
        let answer = Http::default().get(&format!("{}/{path}", self.url), &[]);
        // Before it is ready it says so.
        if answer.status == 200 {
            answer.json()["data"].clone()
        } else {
            Value::Null
        }
    }

    /// The values of a series without a space or a brace in its name.
    fn values(&self, series: &str) -> Vec<String> {
        let found = self.get(&format!("query?query={series}"));
        let results = found["result"].as_array().cloned().unwrap_or_default();
        let value = |it: &Value| it["value"][1].as_str().unwrap().to_owned();
        results.iter().map(value).collect()
    }

    fn rules(&self) -> Vec<Value> {
        let found = self.get("rules");
        let groups = found["groups"].as_array().cloned().unwrap_or_default();
        let rules = groups.iter().filter_map(|group| group["rules"].as_array());
        rules.flatten().cloned().collect()
    }
}

#[test]
fn prometheus_asks_the_server_and_every_alert_can_be_judged() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("gatelodge.toml");
    let text = format!("[metrics]\ntoken = \"{TOKEN}\"\nallowed_networks = [\"192.0.2.0/24\"]\n");
    std::fs::write(&config, text).unwrap();
    let server = Server::demo_with(&["--config", config.to_str().unwrap()]);
    let prometheus = Prometheus::asks(&server, folder.path());
    // On a busy machine it may miss the server for a second now and then.
    for (series, value) in [
        ("up", Some("1")),
        ("gatelodge_build_info", Some("1")),
        ("process_open_fds", None),
    ] {
        until(|| {
            let values = prometheus.values(series);
            let known = value.is_none_or(|value| values == [value]);
            (known && values.len() == 1).then_some(())
        });
    }

    let rules = until(|| {
        let rules = prometheus.rules();
        let judged = rules.iter().all(|rule| rule["health"] == "ok");
        (judged && rules.len() > 10).then_some(rules)
    });
    for rule in &rules {
        assert_eq!(rule["lastError"], Value::Null, "{rule}");
        assert_ne!(rule["state"], "firing", "nothing is wrong yet: {rule}");
    }
    let down = || {
        let rules = prometheus.rules();
        let down = rules.iter().find(|rule| rule["name"] == "GatelodgeDown");
        down.map_or(Value::Null, |rule| rule["state"].clone())
    };
    until(|| (down() == "inactive").then_some(()));
    drop(server);
    until(|| (down() == "pending").then_some(()));
}
