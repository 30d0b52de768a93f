//! What an operator watches: the figures of the admin port, and the dashboard and alerts that
//! use them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gatelodge_testkit::{Administrator, Answer, Browser, End, Http, Server};
use serde_json::json;

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
    // It is read a few times a second; a machine that stood still for a while comes back to that.
    until(|| {
        let page = figures(&server, &[]).expect_status(200).text();
        (value(&page, "gatelodge_change_feed_age_seconds") < 2.0).then_some(())
    });
    assert!(value(&page, "process_resident_memory_bytes") > 1e6);
    assert!(!page.contains("stranger"), "a path became a label");
}

#[test]
fn times_sessions_mails_and_rounds_are_shown_too() {
    let mails = tempfile::TempDir::new().unwrap();
    let (_folder, server) = configured(&format!(
        "[mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"no-reply@id.example\"\n",
        mails.path().display()
    ));
    let administrator = Administrator::of(&server);
    let (username, password) = person(&server);
    let found = administrator.get(&format!("/realms/default/users?username={username}"));
    let id = found.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let address = json!({"email": "ada@example.org", "email_verified": true});
    let _ = administrator
        .patch(&format!("/realms/default/users/{id}"), &address)
        .expect_status(200);
    let sessions = |page: &str| value(page, "gatelodge_sessions_started_total");
    let before = sessions(&figures(&server, &[]).text());
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/login", server.issuer));
    let typed = [("username", username), ("password", password)];
    assert_eq!(browser.submit(&page, &typed).status, 200);
    let page = browser.open(&format!("{}/recover", server.issuer));
    assert_eq!(browser.submit(&page, &[("username", username)]).status, 200);

    let page = until(|| {
        let page = figures(&server, &[]).expect_status(200).text();
        let sent = value(&page, "gatelodge_mails_total{outcome=\"sent\"}");
        (sent > 0.5).then_some(page)
    });
    assert!((sessions(&page) - before - 1.0).abs() < 0.1);
    let times = |what: &str| {
        let name = format!("gatelodge_http_request_duration_seconds_{what}");
        value(
            &page,
            &format!("{name}{{listener=\"auth\",route=\"/login\"}}"),
        )
    };
    assert!(times("count") > 1.5, "the page and the post");
    // A password is hashed for some milliseconds.
    assert!(times("sum") > 0.001 && times("sum") < 60.0);
    let all = "gatelodge_http_request_duration_seconds_bucket{listener=\"auth\",route=\"/login\",le=\"+Inf\"}";
    assert!((value(&page, all) - times("count")).abs() < 0.1);
    for round in ["change feed", "sweep", "key maintenance", "mail"] {
        let sample = format!("gatelodge_job_rounds_total{{name=\"{round}\",outcome=\"ok\"}} ");
        until(|| {
            let page = figures(&server, &[]).expect_status(200).text();
            page.contains(&sample).then_some(())
        });
    }
    for kind in [
        "tickets",
        "sessions",
        "families",
        "revocations",
        "messages",
        "events",
    ] {
        let sample = format!("gatelodge_expired_rows_removed_total{{kind=\"{kind}\"}}");
        assert!(value(&page, &sample) < 0.5, "{kind}");
    }
}

#[test]
fn passwords_that_wait_to_be_hashed_are_seen_while_they_do() {
    let (_folder, server) = configured("[hashing]\nthreads = 1\n");
    let waiting = || {
        let page = figures(&server, &[]).expect_status(200).text();
        value(&page, "gatelodge_hash_queue_length")
    };
    assert!(waiting() < 0.5);
    let seen = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _end = End(&seen);
        for _ in 0..8 {
            scope.spawn(|| {
                let party = confidential_client(&server, "");
                let (username, password) = person(&server);
                let form = [
                    ("grant_type", "password"),
                    ("username", username),
                    ("password", password),
                ];
                while !seen.load(Ordering::Relaxed) {
                    let _ = party.token(&form).expect_status(200);
                }
            });
        }
        until(|| (waiting() > 0.5).then_some(()));
    });
    until(|| (waiting() < 0.5).then_some(()));
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
    let wrong = browser.submit(&step, &[("code", &app.wrong_code())]);
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
    until(|| (of_file("cursor_age_seconds") < 0.1).then_some(()));
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

/// Names of our families with the labels that a text puts in braces after them.
fn labels(text: &str) -> Vec<(&str, BTreeSet<&str>)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("gatelodge_") {
        let rest = &text[at..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let Some((inside, _)) = rest.strip_prefix('{').and_then(|it| it.split_once('}')) else {
            continue;
        };
        // What stands before each comparison; values have no comma and no sign of equality.
        let labels = inside.split(',').filter_map(|part| {
            let (label, _) = part.split_once('=')?;
            Some(label.trim_end_matches('!').trim())
        });
        found.push((name, labels.collect()));
    }
    found
}

#[test]
fn the_dashboard_and_the_alerts_use_labels_that_are_shown() {
    let server = Server::demo();
    let _ = confidential_client(&server, "").token(&[("grant_type", "client_credentials")]);
    let page = figures(&server, &[]).expect_status(200).text();
    let shown = labels(&page);
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let mut looked_at = 0;
    for file in ["grafana/gatelodge.json", "prometheus/alerts.yaml"] {
        let text = std::fs::read_to_string(deploy.join(file)).unwrap();
        for (name, used) in labels(&text) {
            // Prometheus itself says which node a sample is of.
            let used = used.into_iter().filter(|label| *label != "instance");
            let samples: Vec<_> = shown.iter().filter(|(of, _)| *of == name).collect();
            for label in used {
                // A family without a sample here is one of PostgreSQL's or of a sink's.
                let known = samples.iter().any(|(_, labels)| labels.contains(label));
                assert!(
                    known || samples.is_empty(),
                    "{file} asks {name} for `{label}`"
                );
                looked_at += usize::from(known);
            }
        }
    }
    assert!(looked_at > 5, "{looked_at} labels were looked at");
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
