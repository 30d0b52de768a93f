//! What an operator watches: the figures of the admin port, and the dashboard and alerts that
//! use them.

use std::collections::BTreeSet;
use std::path::Path;

use gatelodge_testkit::{Answer, Browser, Http, Server};

use crate::factors::{password, set_up};
use crate::story::{confidential_client, person};
use crate::tls::until;

const TOKEN: &str = "a-token-of-the-scraper-0123456789abcdef";

fn configured(text: &str) -> (tempfile::TempDir, Server) {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("gatelodge.toml");
    std::fs::write(&file, text).unwrap();
    let server = Server::demo_with(&["--config", file.to_str().unwrap()]);
    (folder, server)
}

fn figures(server: &Server, headers: &[(&str, &str)]) -> Answer {
    Http::default().get(&format!("{}/metrics", server.admin_url), headers)
}

/// The value of the sample whose line begins so.
fn value(page: &str, sample: &str) -> f64 {
    let line = page
        .lines()
        .find(|line| {
            line.strip_prefix(sample)
                .is_some_and(|rest| rest.starts_with(' '))
        })
        .unwrap_or_else(|| panic!("no {sample} in {page}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn figures_say_what_was_done() {
    let server = Server::demo();
    let party = confidential_client(&server, "");
    for _ in 0..3 {
        party
            .token(&[("grant_type", "client_credentials")])
            .field("access_token");
    }
    let demo = &server.demo["user"];
    let name = demo["username"].as_str().unwrap();
    for password in [demo["password"].as_str().unwrap(), "wrong"] {
        party.token(&[
            ("grant_type", "password"),
            ("username", name),
            ("password", password),
        ]);
    }
    Http::default().get(
        &format!("{}/no/such/path-of-a-stranger", server.issuer),
        &[],
    );
    let page = figures(&server, &[]).expect_status(200);
    assert_eq!(
        page.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let page = page.text();
    let tokens =
        "gatelodge_http_requests_total{listener=\"auth\",route=\"/oauth2/token\",method=\"POST\"";
    assert!(value(&page, &format!("{tokens},status=\"2xx\"}}")) >= 4.0);
    assert!(value(&page, &format!("{tokens},status=\"4xx\"}}")) >= 1.0);
    let proven = value(&page, "gatelodge_password_tries_total{outcome=\"proven\"}");
    let refused = value(&page, "gatelodge_password_tries_total{outcome=\"refused\"}");
    assert!((proven, refused) == (1.0, 1.0), "{proven} {refused}");
    assert!(value(&page, "gatelodge_hash_jobs_total") >= 2.0);
    assert!(
        value(
            &page,
            "gatelodge_cache_lookups_total{cache=\"clients\",result=\"hit\"}"
        ) >= 1.0
    );
    assert!(value(&page, "gatelodge_store_batch_units_count") >= 3.0);
    assert!(value(&page, "gatelodge_change_feed_age_seconds") < 2.0);
    assert!(value(&page, "process_resident_memory_bytes") > 1e6);
    assert!(!page.contains("stranger"), "a path became a label");
}

#[test]
fn second_factors_are_counted_by_kind_and_outcome() {
    let server = Server::demo();
    let (username, secret) = person(&server);
    let mut browser = Browser::new();
    let _ = password(&server, &mut browser, username, secret);
    let (app, codes) = set_up(&server, &mut browser);
    let tries = |kind: &str, outcome: &str| {
        let page = figures(&server, &[]).expect_status(200).text();
        let sample =
            format!("gatelodge_factor_tries_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}");
        value(&page, &sample)
    };
    let mut browser = Browser::new();
    let step = password(&server, &mut browser, username, secret);
    assert!(tries("code", "refused") < 0.5);
    let wrong = browser.submit(&step, &[("code", "000000")]);
    let _ = browser.submit(&wrong, &[("code", &app.code(1))]);
    assert!((tries("code", "refused") - 1.0).abs() < 0.1);
    assert!((tries("code", "proven") - 1.0).abs() < 0.1);
    let mut browser = Browser::new();
    let _ = password(&server, &mut browser, username, secret);
    let step = browser.open(&format!("{}/login/factor?method=recovery", server.issuer));
    let _ = browser.submit(&step, &[("code", &codes[0])]);
    assert!((tries("recovery_code", "proven") - 1.0).abs() < 0.1);
}

#[test]
fn a_sinks_deliveries_and_its_lag_are_shown() {
    let folder = tempfile::TempDir::new().unwrap();
    let audit = folder.path().join("audit.ndjson");
    // A folder is no file: it takes nothing until it is gone.
    std::fs::create_dir(&audit).unwrap();
    let (_folder, server) = configured(&format!("[audit]\nfile = \"{}\"\n", audit.display()));
    let of_file = |name: &str| {
        let page = figures(&server, &[]).expect_status(200).text();
        let sample = format!("gatelodge_audit_sink_{name}{{sink=\"file\"}} ");
        let found = page.lines().find_map(|line| line.strip_prefix(&sample));
        found.map_or(0.0, |value| value.parse::<f64>().unwrap())
    };
    let behind = until(|| {
        let is_behind = of_file("lag_events") > 5.0 && of_file("cursor_age_seconds") > 1.0;
        (is_behind && of_file("failures_total") > 0.5).then(|| of_file("lag_events"))
    });
    assert!(of_file("records_total") < 0.5);
    std::fs::remove_dir(&audit).unwrap();
    until(|| {
        (of_file("lag_events") < 0.5 && of_file("records_total") >= behind - 1.0).then_some(())
    });
    assert!(of_file("cursor_age_seconds") < 0.1);
}

#[test]
fn figures_are_for_a_token_or_a_network_and_for_the_admin_port_only() {
    let (_folder, server) = configured(&format!(
        "[metrics]\ntoken = \"{TOKEN}\"\nallowed_networks = [\"192.0.2.0/24\"]\n"
    ));
    let bearer = format!("Bearer {TOKEN}");
    let refused = figures(&server, &[]).expect_status(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    let _ = figures(&server, &[("authorization", "Bearer wrong")]).expect_status(401);
    let _ = figures(&server, &[("authorization", &bearer)]).expect_status(200);
    // Asked for by address, whatever the host is called.
    let _ = figures(
        &server,
        &[("authorization", &bearer), ("host", "10.0.0.11:9041")],
    )
    .expect_status(200);
    let _ = Http::default()
        .get(
            &format!("{}/metrics", server.issuer),
            &[("authorization", &bearer)],
        )
        .expect_status(404);
}

#[test]
fn a_token_that_can_be_guessed_stops_the_start() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("gatelodge.toml");
    std::fs::write(&file, "[metrics]\ntoken = \"too-short\"\n").unwrap();
    let refused = Server::run(&["config", "--config", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(
        said.contains("metrics.token") && !said.contains("too-short"),
        "{said}"
    );
}

#[test]
fn what_a_proxy_passes_on_does_not_come_from_this_machine() {
    let server = Server::demo();
    let _ = figures(&server, &[]).expect_status(200);
    let _ = figures(&server, &[("x-forwarded-for", "203.0.113.9")]).expect_status(401);
    let _ = figures(&server, &[("x-forwarded-for", "127.0.0.1")]).expect_status(401);
}

#[test]
fn rounds_of_background_loops_are_counted() {
    let server = Server::demo();
    let feed = "gatelodge_job_rounds_total{name=\"change feed\",outcome=\"ok\"}";
    let page = until(|| {
        let page = figures(&server, &[]).expect_status(200).text();
        page.contains(feed).then_some(page)
    });
    assert!(value(&page, feed) >= 1.0);
}

/// Words of a text that look like names of our families.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("gatelodge_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_dashboard_and_the_alerts_use_names_that_are_shown() {
    let server = Server::demo();
    let page = figures(&server, &[]).expect_status(200).text();
    let mut shown = names(&page);
    // Of a store on PostgreSQL only.
    shown.extend(
        [
            "gatelodge_store_connections",
            "gatelodge_store_connections_max",
        ]
        .map(str::to_owned),
    );
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    for file in ["grafana/gatelodge.json", "prometheus/alerts.yaml"] {
        let text = std::fs::read_to_string(deploy.join(file)).unwrap();
        let used = names(&text);
        assert!(used.len() > 5, "{file} uses {used:?}");
        for name in used {
            assert!(
                shown.contains(&name),
                "{file} uses {name}, which nothing shows"
            );
        }
    }
}

#[cfg(feature = "machine-tests")]
#[test]
fn prometheus_finds_nothing_wrong_with_the_figures() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let server = Server::demo();
    let page = figures(&server, &[]).expect_status(200).text();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    let said = promtool.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&said.stderr);
    assert!(
        said.status.success() && complaints.is_empty(),
        "{complaints}"
    );
}

#[cfg(feature = "postgres-tests")]
#[test]
fn on_postgresql_the_connections_are_shown() {
    let database = gatelodge_testkit::postgres::Database::create();
    let url = database.url();
    let server = Server::demo_with(&["--storage", "postgres", "--database-url", &url]);
    let page = figures(&server, &[]).expect_status(200).text();
    let state = |state| {
        value(
            &page,
            &format!("gatelodge_store_connections{{state=\"{state}\"}}"),
        )
    };
    assert!(state("used") + state("idle") >= 1.0);
    let most = value(&page, "gatelodge_store_connections_max");
    assert!((most - 16.0).abs() < f64::EPSILON, "{most}");
    assert!(value(&page, "gatelodge_live_nodes") >= 1.0);
}
